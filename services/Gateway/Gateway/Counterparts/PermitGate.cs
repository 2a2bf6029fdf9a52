using HealthDataNode.Gateway.Domain;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ServiceDefaults.Identity;

namespace HealthDataNode.Gateway.Counterparts;

/// <summary>Lets an order's work through only while Permit says, freshly, that its permit is in force.</summary>
internal sealed class PermitGate(PermitStates permits, TrustStore trust, TimeProvider time)
{
    /// <summary>Comes back when the order's permit is in force.</summary>
    /// <exception cref="OrderRefusedException">It was revoked or is past its end (EHDS 63(3)).</exception>
    /// <exception cref="OrderPausedException">There is no good answer now.</exception>
    public async Task RequireInForceAsync(Order order, CancellationToken cancellationToken)
    {
        var state = await permits.AskAsync(order.Lineage, cancellationToken);
        if (state is null || state.State == LineageStates.Unknown || state.Version < order.PermitVersion)
        {
            throw new OrderPausedException("There is no good answer about the permit.");
        }
        if (state.State == LineageStates.Revoked || (state.State == LineageStates.Expired && HasEnded(order)))
        {
            throw new OrderRefusedException(new(RejectionCodes.PermitNotInForce));
        }
        if (state.State != LineageStates.InForce)
        {
            throw new OrderPausedException("The permit is not in force yet.");
        }
    }

    // "expired" is also said of a permit that has not begun.
    private bool HasEnded(Order order) =>
        trust.Verify<PermitDocument>(order.Permit).Payload.To <= time.GetUtcNow().ToUnixTimeSeconds();
}
