using System.Net.Http.Json;
using HealthDataNode.Gateway.Domain;
using HealthDataNode.Protocol.Leases;
using HealthDataNode.Protocol.Problems;

namespace HealthDataNode.Gateway.Counterparts;

/// <summary>An SPE as SpeRegistry shows it; members that Gateway does not need are left out.</summary>
/// <param name="Party">The SPE's party id.</param>
/// <param name="IngressUrl">Where deliveries go.</param>
/// <param name="Status">As shown; what counts is the lease.</param>
/// <param name="EncryptionKey">A spe-key JWS; its receiver traces it to the permit, never trusts it from here.</param>
internal sealed record SpeEnvironment(string Party, string? IngressUrl, string Status, string? EncryptionKey);

/// <summary>Says whether an SPE is approved, by its lease, and where it is, by SpeRegistry's listing.</summary>
internal sealed class SpeDirectory(IHttpClientFactory clients, SpeLeases leases)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Comes back when the SPE is approved now (EHDS 73; architecture §9 row 12).</summary>
    /// <exception cref="OrderPausedException">It is suspended or its approval has lapsed, or nobody can say.</exception>
    public async Task RequireLeaseAsync(string party, CancellationToken cancellationToken)
    {
        if (await leases.SettledAsync(party, Patience, cancellationToken) is { IsGood: false } lease)
        {
            throw new OrderPausedException($"The SPE is not approved now ({lease.State ?? "no answer"}).");
        }
    }

    /// <summary>The SPE, which is approved now.</summary>
    /// <exception cref="OrderPausedException">It is not, or SpeRegistry does not know it.</exception>
    public async Task<SpeEnvironment> RequireApprovedAsync(string party, CancellationToken cancellationToken)
    {
        await RequireLeaseAsync(party, cancellationToken);
        using var response = await clients
            .CreateClient(CounterpartsExtensions.SpeRegistry)
            .GetAsync($"/v1/environments/{party}", cancellationToken);
        await ProtocolProblem.EnsureSuccessAsync(response, cancellationToken);
        var environment = await response.Content.ReadFromJsonAsync<SpeEnvironment>(cancellationToken);
        // The listing is not signed, so it opens nothing; but where it already knows of a suspension, that is enough to wait.
        return environment is { Status: "approved" } && environment.Party == party
            ? environment
            : throw new OrderPausedException("The SPE is not approved now.");
    }
}
