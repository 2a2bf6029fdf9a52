using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Leases;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Pseudonymisation.Features;
using HealthDataNode.Pseudonymisation.Persistence;
using HealthDataNode.ServiceDefaults.Identity;

namespace HealthDataNode.Pseudonymisation.Leases;

/// <summary>Lets a call for an order through only while the lease of its permit is good and its newest version names the
/// order's source, and while the lease of the permit's SPE is good: what would end in an SPE that may not be delivered to
/// is not begun.</summary>
internal sealed class PermitGate(PermitLeases leases, SpeLeases environments, NewestPermits newest)
{
    // How long a call waits for the first answer about a permit or an SPE that was not held until now.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Why a call for an order is refused; null where it goes on.</summary>
    public Task<IResult?> RefusalAsync(Order order, CancellationToken cancellationToken) =>
        RefusalAsync(order.ReadPermit(), order.Source, cancellationToken);

    /// <summary>Why a call under a permit is refused; null where it goes on.</summary>
    /// <param name="permit">A version of it that was met.</param>
    /// <param name="source">The source that its newest version must name; null where it is about none.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<IResult?> RefusalAsync(PermitDocument permit, string? source, CancellationToken cancellationToken) =>
        await PermitRefusalAsync(permit, source, cancellationToken) ?? await SpeRefusalAsync(permit.Spe.Party, cancellationToken);

    /// <summary>The newest version, as the lease names it; null where it cannot be had now.</summary>
    public async Task<PermitDocument?> NewestAsync(PermitDocument met, Lease lease, CancellationToken cancellationToken) =>
        lease.Version == met.Version ? met : await newest.OfAsync(met.Lineage, lease, cancellationToken);

    /// <summary>The lease behind a permit that was met.</summary>
    public Task<Lease> LeaseAsync(PermitDocument permit, CancellationToken cancellationToken)
    {
        leases.Hold(permit.Lineage, permit.Version, DateTimeOffset.FromUnixTimeSeconds(permit.To));
        return leases.SettledAsync(permit.Lineage, Patience, cancellationToken);
    }

    private async Task<IResult?> PermitRefusalAsync(PermitDocument permit, string? source, CancellationToken cancellationToken)
    {
        var lease = await LeaseAsync(permit, cancellationToken);
        if (!lease.IsGood)
        {
            // "Expired" alone is also said of a permit that has not begun: nothing is answered then, and nothing ends.
            return lease.HasEnded || lease.State == LineageStates.Expired ? Refused.NotInForce() : Refused.StateUnknown();
        }
        if (lease.Version < permit.Version)
        {
            return Refused.StateUnknown();
        }
        if (source is null || lease.Version == permit.Version)
        {
            return null;
        }
        return await newest.OfAsync(permit.Lineage, lease, cancellationToken) is not { } now ? Refused.StateUnknown()
            : now.SourceNamed(source) is null ? Refused.NotInForce()
            : null;
    }

    // EHDS 73; architecture §9, row 12. An SPE is held from the first call for it on: there are few, and none ends.
    private async Task<IResult?> SpeRefusalAsync(string party, CancellationToken cancellationToken) =>
        (await environments.SettledAsync(party, Patience, cancellationToken)).IsGood ? null : Refused.NotApproved();
}
