using HealthDataNode.Gateway.Domain;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Leases;
using HealthDataNode.ServiceDefaults.Identity;

namespace HealthDataNode.Gateway.Counterparts;

/// <summary>Lets an order's work through only while the lease of its permit is good, at every step.</summary>
internal sealed class PermitGate(PermitLeases leases, NewestPermits newest)
{
    // How long a step waits for the first answer about a permit that was not held until now.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Comes back when the order's permit is in force and its newest version names the order's source.</summary>
    /// <exception cref="OrderRefusedException">The permit was revoked or is past its end, or the decision about this
    /// source was revoked (EHDS 63(3)).</exception>
    /// <exception cref="OrderPausedException">There is no good answer now.</exception>
    public async Task RequireInForceAsync(Order order, CancellationToken cancellationToken)
    {
        Hold(order);
        await RequireAsync(order, await leases.SettledAsync(order.Lineage, Patience, cancellationToken), cancellationToken);
    }

    /// <summary>The same, without waiting for a first answer.</summary>
    public Task CheckNowAsync(Order order, CancellationToken cancellationToken)
    {
        Hold(order);
        return RequireAsync(order, leases.Of(order.Lineage), cancellationToken);
    }

    private void Hold(Order order)
    {
        // An order goes on under the version that it began with; a permit that has not begun is "expired" too.
        var permit = KeptDocument.Read<PermitDocument>(order.Permit).Payload;
        leases.Hold(order.Lineage, permit.Version, DateTimeOffset.FromUnixTimeSeconds(permit.To));
    }

    private async Task RequireAsync(Order order, Lease lease, CancellationToken cancellationToken)
    {
        if (lease.HasEnded)
        {
            var isRevoked = lease.State == LineageStates.Revoked;
            throw new OrderRefusedException(new(isRevoked ? RejectionCodes.PermitRevoked : RejectionCodes.PermitNotInForce));
        }
        if (!lease.IsGood || lease.Version < order.PermitVersion)
        {
            throw new OrderPausedException("There is no good answer about the permit.");
        }
        if (lease.Version == order.PermitVersion)
        {
            return;
        }
        var permit =
            await newest.OfAsync(order.Lineage, lease, cancellationToken)
            ?? throw new OrderPausedException("The permit has a newer version, which is not here yet.");
        if (permit.SourceNamed(order.Source) is null)
        {
            throw new OrderRefusedException(new(RejectionCodes.PermitRevoked));
        }
    }
}
