using HealthDataNode.Protocol.Oidc;
using HealthDataNode.Protocol.Trust;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;

namespace HealthDataNode.ServiceDefaults.Identity;

/// <summary>A service as a party: its signing key, whom it trusts, and its tokens for other services.</summary>
public static class PartyExtensions
{
    /// <summary>
    /// The trust store (<c>Trust:Statements</c>, <c>Trust:Root</c>) and, where <paramref name="use"/> is named, the
    /// service's own signer (<c>Party:Keys</c>).
    /// </summary>
    public static WebApplicationBuilder AddParty(this WebApplicationBuilder builder, string? use = null)
    {
        builder.Services.AddSingleton(services =>
        {
            var configuration = services.GetRequiredService<IConfiguration>();
            return new TrustStore(
                Required(configuration, "Trust:Statements"),
                Required(configuration, "Trust:Root"),
                services.GetRequiredService<TimeProvider>()
            );
        });
        if (use is not null)
        {
            builder.Services.AddSingleton(services =>
                DocumentSigner.Load(
                    Required(services.GetRequiredService<IConfiguration>(), "Party:Keys"),
                    services.GetRequiredService<ServiceName>().Value,
                    use
                )
            );
        }
        return builder;
    }

    /// <summary>
    /// A named client for another service at <c>http://name</c>, with this service's machine token for that API. Unsafe
    /// methods are not retried: callers know what may be repeated.
    /// </summary>
    public static IHttpClientBuilder AddServiceClient(this WebApplicationBuilder builder, string service)
    {
        builder.AddMachineTokens();
        var client = builder
            .Services.AddHttpClient(service, http => http.BaseAddress = new Uri($"http://{service}"))
            .AddServiceDiscovery()
            .AddHttpMessageHandler(services => new MachineTokenHandler(services.GetRequiredService<MachineTokenSource>(), service));
        client.AddStandardResilienceHandler(options => options.Retry.DisableForUnsafeHttpMethods());
        return client;
    }

    /// <summary>This service's tokens by client credentials with its own key.</summary>
    public static void AddMachineTokens(this WebApplicationBuilder builder)
    {
        if (builder.Services.Any(service => service.ServiceType == typeof(MachineTokenSource)))
        {
            return;
        }
        builder.Services.AddHttpClient("issuer");
        builder.Services.AddSingleton(services => new MachineTokenSource(
            services.GetRequiredService<IHttpClientFactory>().CreateClient("issuer"),
            new MachineIdentity(
                services.GetRequiredService<IOptions<KeycloakOptions>>().Value.Issuer,
                services.GetRequiredService<ServiceName>().Value,
                Path.Combine(Required(services.GetRequiredService<IConfiguration>(), "Party:Keys"), "client.pem")
            ),
            services.GetRequiredService<TimeProvider>()
        ));
    }

    private static string Required(IConfiguration configuration, string key) =>
        configuration[key] ?? throw new InvalidOperationException($"{key.Replace(":", "__", StringComparison.Ordinal)} is not set.");
}
