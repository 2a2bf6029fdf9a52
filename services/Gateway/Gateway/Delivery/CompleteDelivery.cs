using HealthDataNode.Gateway.Domain;
using HealthDataNode.Gateway.Persistence;
using HealthDataNode.Gateway.Storage;
using HealthDataNode.ServiceDefaults.Messaging;

namespace HealthDataNode.Gateway.Delivery;

/// <summary>After the receipt: Pseudonymisation ends the order, then key and files go, then the order is delivered.</summary>
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
        await pseudonymisation.EndAsync(order.Digest!, "delivered", cancellationToken);
        keys.Destroy(order.Id);
        files.Delete(order.Id);
        outbox.Enqueue(order.Complete(time.GetUtcNow()));
        await database.SaveChangesAsync(cancellationToken);
        return Next.Done;
    }
}
