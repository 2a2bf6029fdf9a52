using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Leases;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Pseudonymisation.Features;
using HealthDataNode.Pseudonymisation.Persistence;
using HealthDataNode.ServiceDefaults.Identity;

namespace HealthDataNode.Pseudonymisation.Leases;

/// <summary>Lets a call for an order through only while the lease of its permit is good and its newest version names the
/// order's source.</summary>
internal sealed class PermitGate(PermitLeases leases, NewestPermits newest, TrustStore trust)
{
    // How long a call waits for the first answer about a permit that was not held until now.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Why the call is refused; null where it goes on.</summary>
    public async Task<IResult?> RefusalAsync(Order order, CancellationToken cancellationToken)
    {
        var lease = await LeaseAsync(trust.Verify<PermitDocument>(order.PermitText).Payload, cancellationToken);
        if (!lease.IsGood)
        {
            // "Expired" alone is also said of a permit that has not begun: nothing is answered then, and nothing ends.
            return lease.HasEnded || lease.State == LineageStates.Expired ? Refused.NotInForce() : Refused.StateUnknown();
        }
        if (lease.Version == order.PermitVersion)
        {
            return null;
        }
        return await newest.OfAsync(order.Lineage, lease, cancellationToken) is not { } permit ? Refused.StateUnknown()
            : permit.SourceNamed(order.Source) is null ? Refused.NotInForce()
            : null;
    }

    /// <summary>The lease behind a permit that was met.</summary>
    public Task<Lease> LeaseAsync(PermitDocument permit, CancellationToken cancellationToken)
    {
        leases.Hold(permit.Lineage, permit.Version, DateTimeOffset.FromUnixTimeSeconds(permit.To));
        return leases.SettledAsync(permit.Lineage, Patience, cancellationToken);
    }
}
