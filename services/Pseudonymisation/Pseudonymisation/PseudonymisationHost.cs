using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Pseudonymisation.Features;
using HealthDataNode.Pseudonymisation.Keys;
using HealthDataNode.Pseudonymisation.Leases;
using HealthDataNode.Pseudonymisation.Persistence;
using HealthDataNode.ServiceDefaults;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Messaging;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace HealthDataNode.Pseudonymisation;

/// <summary>The service, built from its configuration; tests build it too.</summary>
public static class PseudonymisationHost
{
    /// <summary>Builds it.</summary>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddServiceDefaults("pseudonymisation");
        builder.AddDatabase<PseudonymisationDb>("pseudonymisation");
        builder.AddParty(KeyUses.Pseudonymisation);
        builder.AddServiceClient("permit");
        builder.AddPermitLeases();
        builder.AddSpeLeases();
        builder.Services.AddSingleton<PermitGate>();
        builder.Services.AddScoped<Shredder>();
        builder.Services.AddSingleton<WatchKeys>();
        builder.Services.AddHostedService(services => services.GetRequiredService<WatchKeys>());
        builder.Services.AddHealthChecks().AddCheck<WatchKeys>("permit-keys");
        builder.Services.AddSingleton<OrderAndPermit>();
        builder.Services.AddSingleton<SealVerifier>();
        builder.Services.AddSingleton<SealBuilder>();
        builder.Services.AddSingleton<IPermitKeyStore, DirectoryKeyStore>();
        builder.Services.AddSingleton<NodeKey>();
        builder.Services.AddSingleton<RegisterKey>();
        builder.Services.AddSingleton<PersonRegisters>();
        builder.Services.AddSingleton<Citizen>();
        builder.Services.AddSingleton<KeyTap>();
        builder.Services.AddHostedService(services => services.GetRequiredService<KeyTap>());
        ListenForBatches(builder);
        configure?.Invoke(builder);

        var app = builder.Build();
        app.UseServiceDefaults();
        app.MapRedrive();
        var orders = app.MapGroup("/v1/orders/{digest}").WithTags("Orders");
        RegisterOrder.Map(orders);
        ReadOrder.Map(orders);
        Tokenise.Map(orders);
        AcceptClosing.Map(orders);
        Rekey.Map(orders);
        SealDeliveryKey.Map(orders);
        CloseOrder.Map(orders);
        var lineages = app.MapGroup("/v1/lineages/{lineage}").WithTags("Lineages");
        SealAliases.Map(lineages);
        AcceptDeletion.Map(lineages);
        ShredKey.Map(lineages);
        ReadShredding.Map(lineages);
        var optOut = app.MapGroup("/v1/opt-out").WithTags("Opt-out");
        Declare.Map(optOut);
        ReadDeclarations.Map(optOut);
        var lists = app.MapGroup("/v1/opt-out-lists").WithTags("Opt-out");
        TakeOptOutList.Map(lists);
        ReadOptOutList.Map(lists);
        var feed = app.MapGroup("/v1/population-feed").WithTags("Population");
        TakePopulation.Map(feed);
        ReadPopulation.Map(feed);
        return app;
    }

    // Batches are binary over HTTP/2 without TLS on a listener of their own (H2C_PORT), beside the ordinary one:
    // Kestrel cannot speak both on one port without TLS.
    private static void ListenForBatches(WebApplicationBuilder builder)
    {
        if (
            builder.Configuration["H2C_PORT"] is not { Length: > 0 } port
            || builder.Configuration["ASPNETCORE_URLS"] is not { Length: > 0 } urls
        )
        {
            return;
        }
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            foreach (var url in urls.Split(';'))
            {
                kestrel.ListenLocalhost(BindingAddress.Parse(url).Port);
            }
            kestrel.ListenLocalhost(int.Parse(port), listen => listen.Protocols = HttpProtocols.Http2);
        });
    }
}
