using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Oidc;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ReferenceHolder.Feed;
using HealthDataNode.ReferenceHolder.Orders;
using HealthDataNode.ReferenceHolder.State;
using HealthDataNode.ReferenceHolder.Steps;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace HealthDataNode.ReferenceHolder;

/// <summary>A complete, small data holder: it polls the node and acts on its own. Nobody calls it.</summary>
public static class ReferenceHolderHost
{
    /// <summary>Builds it from its configuration; tests build it too.</summary>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        var services = builder.Services;
        services.AddOptions<HolderOptions>().Configure<IConfiguration>(HolderOptions.Bind).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<HolderOptions>>().Value);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(provider =>
        {
            var options = provider.GetRequiredService<HolderOptions>();
            return new TrustStore(options.Statements, options.Root);
        });
        services.AddSingleton(provider => new OrderAndPermit(provider.GetRequiredService<TrustStore>()));
        services.AddSingleton(provider =>
        {
            var options = provider.GetRequiredService<HolderOptions>();
            return DocumentSigner.Load(options.Keys, options.Party, KeyUses.Holder);
        });
        services.AddSingleton(provider =>
            EncryptionKey.FromFile(Path.Combine(provider.GetRequiredService<HolderOptions>().Keys, "encryption-1.key"))
        );
        services.AddSingleton<SealBuilder>();
        services.AddSingleton<SealVerifier>();
        services.AddSingleton<OrderBook>();
        services.AddSingleton<DisclosureLog>();
        services.AddSingleton<OrderDocuments>();
        services.AddSingleton<Node>();
        services.AddSingleton<ReceiveOrders>();
        services.AddSingleton<Extract>();
        services.AddSingleton<Tokenise>();
        services.AddSingleton<BuildParts>();
        services.AddSingleton<Upload>();
        services.AddSingleton<FollowUp>();
        services.AddSingleton<TellAudit>();
        if (builder.Configuration["Holder:Feed"] is { Length: > 0 })
        {
            services.AddSingleton<FeedBook>();
            services.AddSingleton<RegisterLines>();
            services.AddSingleton<SendChanges>();
            services.AddSingleton<FeedWorker>();
            services.AddHostedService(provider => provider.GetRequiredService<FeedWorker>());
            services.AddHealthChecks().Add(new("feed", provider => provider.GetRequiredService<FeedWorker>(), null, null));
        }
        else
        {
            services.AddHostedService<HolderWorker>();
        }
        AddNodeClients(services);
        AddTelemetry(builder);
        services.AddHealthChecks();
        services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(5));
        configure?.Invoke(builder);

        var app = builder.Build();
        app.MapHealthChecks("/health");
        app.MapHealthChecks("/alive", new HealthCheckOptions { Predicate = check => check.Name != "feed" });
        return app;
    }

    private static void AddNodeClients(IServiceCollection services)
    {
        services.AddHttpClient("issuer");
        services.AddSingleton(provider =>
        {
            var options = provider.GetRequiredService<HolderOptions>();
            return new MachineTokenSource(
                provider.GetRequiredService<IHttpClientFactory>().CreateClient("issuer"),
                new MachineIdentity(options.Issuer, options.Party, Path.Combine(options.Keys, "client.pem"))
            );
        });
        foreach (var api in Node.Apis)
        {
            var client = services
                .AddHttpClient(
                    api,
                    (provider, client) =>
                    {
                        client.BaseAddress = new Uri($"{provider.GetRequiredService<HolderOptions>().Edge.TrimEnd('/')}/{api}/");
                        client.Timeout = TimeSpan.FromMinutes(5);
                    }
                )
                .AddHttpMessageHandler(provider => new MachineTokenHandler(provider.GetRequiredService<MachineTokenSource>(), api));
            if (api == "gateway")
            {
                client.AddHttpMessageHandler(provider => new ThrottleHandler(provider.GetRequiredService<HolderOptions>().ThrottleFile));
            }
        }
    }

    private static void AddTelemetry(WebApplicationBuilder builder)
    {
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning).AddFilter("System.Net.Http", LogLevel.Warning);
        // Whoever asks is told; the feed says why it waits by itself.
        builder.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        var telemetry = builder
            .Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(builder.Configuration["Party:Id"] ?? "holder"))
            .WithTracing(traces => traces.AddSource(HolderWorker.Source.Name).AddHttpClientInstrumentation());
        if (!string.IsNullOrEmpty(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            telemetry.UseOtlpExporter();
        }
    }
}
