using System.Net.Http.Json;
using HealthDataNode.Gateway.Domain;
using HealthDataNode.Protocol.Problems;

namespace HealthDataNode.Gateway.Counterparts;

/// <summary>An SPE as SpeRegistry shows it; members that Gateway does not need are left out.</summary>
/// <param name="Party">The SPE's party id.</param>
/// <param name="IngressUrl">Where deliveries go.</param>
/// <param name="Status">Only <c>approved</c> lets anything through.</param>
/// <param name="EncryptionKey">A spe-key JWS; its receiver traces it to the permit, never trusts it from here.</param>
internal sealed record SpeEnvironment(string Party, string? IngressUrl, string Status, string? EncryptionKey);

/// <summary>Asks SpeRegistry for an SPE.</summary>
internal sealed class SpeDirectory(IHttpClientFactory clients)
{
    /// <summary>The SPE, which is approved now (EHDS 73; architecture §9 row 12).</summary>
    /// <exception cref="OrderPausedException">It is not, or SpeRegistry does not know it.</exception>
    public async Task<SpeEnvironment> RequireApprovedAsync(string party, CancellationToken cancellationToken)
    {
        using var response = await clients
            .CreateClient(CounterpartsExtensions.SpeRegistry)
            .GetAsync($"/v1/environments/{party}", cancellationToken);
        await ProtocolProblem.EnsureSuccessAsync(response, cancellationToken);
        var environment = await response.Content.ReadFromJsonAsync<SpeEnvironment>(cancellationToken);
        return environment is { Status: "approved" } && environment.Party == party
            ? environment
            : throw new OrderPausedException("The SPE is not approved now.");
    }
}
