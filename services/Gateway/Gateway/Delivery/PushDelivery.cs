using HealthDataNode.Gateway.Counterparts;
using HealthDataNode.Gateway.Domain;
using HealthDataNode.Gateway.Persistence;
using HealthDataNode.Gateway.Storage;
using HealthDataNode.Protocol.Problems;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Gateway.Delivery;

/// <summary>
/// Pushes parts, then the manifest, to the SPE's ingress; each part after a fresh answer that permit and SPE are good.
/// The receipt comes by a call of the SPE's own; until then the manifest goes out again now and then.
/// </summary>
internal sealed class PushDelivery(
    GatewayDb database,
    OrderFiles files,
    PermitGate permits,
    SpeDirectory directory,
    SpeIngress ingress,
    TimeProvider time
)
{
    public async Task<Next> RunAsync(Order order, CancellationToken cancellationToken)
    {
        var parts = await database
            .DeliveryParts.Where(part => part.OrderId == order.Id && part.PushedAt == null)
            .OrderBy(part => part.Part)
            .ToListAsync(cancellationToken);
        if (parts.Count > 0)
        {
            // Again: an SPE that has lost its disk knows the order no longer.
            await ingress.AnnounceAsync(await directory.RequireApprovedAsync(order.Spe, cancellationToken), order, cancellationToken);
        }
        foreach (var part in parts)
        {
            await permits.RequireInForceAsync(order, cancellationToken);
            var environment = await directory.RequireApprovedAsync(order.Spe, cancellationToken);
            await ingress.PushPartAsync(environment, order, part, files.Delivery(order.Id, part.Part), cancellationToken);
            part.PushedAt = time.GetUtcNow();
            await database.SaveChangesAsync(cancellationToken);
            GatewayTelemetry.Pushed.Add(part.Length);
        }
        await permits.RequireInForceAsync(order, cancellationToken);
        var approved = await directory.RequireApprovedAsync(order.Spe, cancellationToken);
        await PushManifestAsync(approved, order, cancellationToken);
        return Next.Wait;
    }

    private async Task PushManifestAsync(SpeEnvironment environment, Order order, CancellationToken cancellationToken)
    {
        try
        {
            await ingress.PushManifestAsync(environment, order, cancellationToken);
        }
        catch (ProtocolProblemException refused) when (refused.Problem.Is(ProblemTypes.Prefix + "delivery-incomplete"))
        {
            // The SPE has lost a part, its disk say: all are sent again, and those that are there are recognised.
            await database
                .DeliveryParts.Where(part => part.OrderId == order.Id)
                .ExecuteUpdateAsync(parts => parts.SetProperty(part => part.PushedAt, (DateTimeOffset?)null), cancellationToken);
            throw;
        }
        catch (ProtocolProblemException refused) when (refused.Problem.Is(ProblemTypes.OrderRejected))
        {
            throw new OrderRefusedException(new(RejectionCodes.DeliveryRefused), refused);
        }
    }
}
