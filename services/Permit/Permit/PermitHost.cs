using HealthDataNode.Permit.Consumers;
using HealthDataNode.Permit.Domain.Authorities;
using HealthDataNode.Permit.Domain.Fees;
using HealthDataNode.Permit.Domain.Policy;
using HealthDataNode.Permit.Features;
using HealthDataNode.Permit.Neighbours;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Pseudonymisation.Contracts.V1;
using HealthDataNode.ServiceDefaults;
using HealthDataNode.ServiceDefaults.Idempotency;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Messaging;

namespace HealthDataNode.Permit;

/// <summary>The service, for <c>Program.cs</c> and for tests.</summary>
public static class PermitHost
{
    /// <summary>Builds it; <paramref name="configure"/> runs last.</summary>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddServiceDefaults("permit");
        builder.AddParty(KeyUses.Permit);
        builder.AddDatabase<PermitDb>(
            "permit",
            consumes => consumes.On<DeletionProved, LineageEndHandler>().On<KeyShredded, LineageEndHandler>()
        );
        Neighbourhood.Add(builder);
        builder.Services.AddSingleton(services =>
            PolicyProfile.Named(services.GetRequiredService<IConfiguration>()["Policy:Profile"] ?? "EHDS-2029")
        );
        builder.Services.AddSingleton(AuthorityRegister.Current);
        builder.Services.AddSingleton(FeeRules.Current);
        builder.Services.AddScoped<ApplicationStore>();
        builder.Services.AddScoped<CaseAct>();
        builder.Services.AddScoped<SignPermit>().AddScoped<TakeBack>();
        configure?.Invoke(builder);
        var app = builder.Build();
        // A service that cannot sign, or trusts nobody, shall not start.
        app.Services.GetRequiredService<DocumentSigner>();
        app.Services.GetRequiredService<TrustStore>();
        app.Services.GetRequiredService<PolicyProfile>();
        app.UseServiceDefaults();
        app.UseIdempotencyKeys();
        app.MapRedrive();
        app.MapPermitApi();
        return app;
    }
}
