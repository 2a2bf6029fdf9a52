using HealthDataNode.Gateway.Domain;
using HealthDataNode.Gateway.Persistence;
using HealthDataNode.Gateway.Storage;
using HealthDataNode.ServiceDefaults.Messaging;

namespace HealthDataNode.Gateway.Delivery;

/// <summary>After the receipt: key and files go, then Pseudonymisation ends the order, then it is delivered.</summary>
internal sealed class CompleteDelivery(
    GatewayDb database,
    UploadKeys keys,
    OrderFiles files,
    Counterparts.Pseudonymisation pseudonymisation,
    IEventOutbox outbox,
    TimeProvider time
)
{
    public async Task<Next> RunAsync(Order order, CancellationToken cancellationToken)
    {
        // Whoever else is away: what the SPE has signed for nobody can read here any more.
        keys.Destroy(order.Id);
        files.Delete(order.Id);
        await pseudonymisation.EndAsync(order.Digest!, "delivered", cancellationToken);
        outbox.Enqueue(order.Complete(time.GetUtcNow()));
        await database.SaveChangesAsync(cancellationToken);
        return Next.Done;
    }
}
