using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ServiceDefaults;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Messaging;
using HealthDataNode.SpeRegistry.Features;
using HealthDataNode.SpeRegistry.Persistence;

namespace HealthDataNode.SpeRegistry;

/// <summary>The registry as a program; a test builds the same one with another configuration.</summary>
public static class SpeRegistryHost
{
    /// <summary>Builds it.</summary>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddServiceDefaults("speregistry");
        builder.AddParty(KeyUses.SpeRegistry);
        builder.AddDatabase<SpeRegistryDb>("speregistry");
        builder.Services.AddHttpContextAccessor();
        builder.Services.AddScoped<Auditing>();
        configure?.Invoke(builder);

        var app = builder.Build();
        // A registry that trusts nobody, or that nobody could believe, shall not start.
        app.Services.GetRequiredService<TrustStore>();
        app.Services.GetRequiredService<DocumentSigner>();
        app.UseServiceDefaults();
        app.MapRedrive();
        app.MapSpeRegistryApi();
        return app;
    }

    private static void MapSpeRegistryApi(this WebApplication app)
    {
        var api = app.MapGroup("/v1").WithTags("SpeRegistry");
        GetCriteria.Map(api);
        GetEnvironments.Map(api);
        PutEndpoints.Map(api);
        PutDeclaration.Map(api);
        GetDeclaration.Map(api);
        PostApproval.Map(api);
        PostSuspension.Map(api);
        CheckStatuses.Map(api);
    }
}
