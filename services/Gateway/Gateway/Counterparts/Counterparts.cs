using HealthDataNode.Protocol.Oidc;
using HealthDataNode.ServiceDefaults.Identity;

namespace HealthDataNode.Gateway.Counterparts;

/// <summary>Whom this service calls: one client per API, each with a token for that API alone.</summary>
internal static class CounterpartsExtensions
{
    public const string Permit = "permit";
    public const string SpeRegistry = "speregistry";
    public const string Pseudonymisation = "pseudonymisation";
    public const string Rekey = "pseudonymisation-h2c";
    public const string Spe = "spe";

    public static void AddCounterparts(this WebApplicationBuilder builder)
    {
        builder.AddServiceClient(Permit);
        builder.AddPermitLeases();
        builder.AddSpeLeases();
        builder.AddServiceClient(SpeRegistry);
        builder.AddServiceClient(Pseudonymisation);
        // Batches are binary and many: HTTP/2 over the second endpoint, without TLS inside the node (architecture §4).
        builder
            .Services.AddHttpClient(
                Rekey,
                (provider, client) =>
                {
                    var address =
                        provider.GetRequiredService<IConfiguration>()["services:pseudonymisation:h2c:0"]
                        ?? throw new InvalidOperationException("services__pseudonymisation__h2c__0 is not set.");
                    client.BaseAddress = new Uri(address.Replace("h2c://", "http://", StringComparison.Ordinal));
                    client.Timeout = TimeSpan.FromSeconds(60);
                    client.DefaultRequestVersion = System.Net.HttpVersion.Version20;
                    client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
                }
            )
            .AddHttpMessageHandler(provider => new MachineTokenHandler(
                provider.GetRequiredService<MachineTokenSource>(),
                Pseudonymisation
            ));
        builder.Services.AddHttpClient(Spe, client => client.Timeout = TimeSpan.FromSeconds(100));
        builder.Services.AddSingleton<PermitGate>();
        builder.Services.AddSingleton<SpeDirectory>();
        builder.Services.AddSingleton<Pseudonymisation>();
        builder.Services.AddSingleton<SpeIngress>();
    }
}
