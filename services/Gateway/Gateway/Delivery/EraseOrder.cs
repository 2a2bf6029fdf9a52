using HealthDataNode.Gateway.Domain;
using HealthDataNode.Gateway.Persistence;
using HealthDataNode.Gateway.Storage;
using HealthDataNode.Protocol.Problems;

namespace HealthDataNode.Gateway.Delivery;

/// <summary>What was rejected is deleted at once, its key too; then Pseudonymisation closes the order.</summary>
internal sealed class EraseOrder(
    GatewayDb database,
    UploadKeys keys,
    OrderFiles files,
    Counterparts.Pseudonymisation pseudonymisation,
    RunningOrders running,
    TimeProvider time
)
{
    public async Task<Next> RunAsync(Order order, CancellationToken cancellationToken)
    {
        // Nothing writes any more when the files go.
        await running.Cut(order.Id).WaitAsync(cancellationToken);
        keys.Destroy(order.Id);
        files.Delete(order.Id);
        if (order.Digest is not null)
        {
            try
            {
                await pseudonymisation.EndAsync(order.Digest, "rejected", cancellationToken);
            }
            catch (ProtocolProblemException refused) when (!refused.Problem.IsTransient)
            {
                // It does not know the order, or has ended it already.
            }
        }
        order.Erase(time.GetUtcNow());
        await database.SaveChangesAsync(cancellationToken);
        return Next.Done;
    }
}
