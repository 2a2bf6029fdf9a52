using HealthDataNode.Audit.Consumers;
using HealthDataNode.Audit.Features;
using HealthDataNode.Audit.Heads;
using HealthDataNode.Audit.Persistence;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.ServiceDefaults;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Messaging;

namespace HealthDataNode.Audit;

/// <summary>The audit log as a program; a test builds the same one with another configuration.</summary>
public static class AuditHost
{
    /// <summary>Builds it.</summary>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddServiceDefaults("audit");
        builder.AddParty(KeyUses.Audit);
        builder.AddDatabase<AuditDb>("audit", consumes => consumes.OnEverything<EveryEvent>());
        builder.Services.AddScoped<Chain>();
        builder.Services.AddSingleton(provider => AuditOptions.From(provider.GetRequiredService<IConfiguration>()));
        builder.Services.AddSingleton<HeadWriter>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<HeadWriter>());
        builder.Services.AddHealthChecks().AddCheck<HeadWriter>("heads");
        configure?.Invoke(builder);

        var app = builder.Build();
        app.UseServiceDefaults();
        app.MapRedrive();
        app.MapAuditApi();
        return app;
    }

    private static void MapAuditApi(this WebApplication app)
    {
        var api = app.MapGroup("/v1").WithTags("Audit");
        GetHead.Map(api);
        GetVerification.Map(api);
        GetEntries.Map(api);
        PostEntry.Map(api);
    }
}
