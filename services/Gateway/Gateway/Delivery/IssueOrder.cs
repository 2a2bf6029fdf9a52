using HealthDataNode.Gateway.Counterparts;
using HealthDataNode.Gateway.Domain;
using HealthDataNode.Gateway.Persistence;
using HealthDataNode.Gateway.Storage;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ServiceDefaults.Messaging;

namespace HealthDataNode.Gateway.Delivery;

/// <summary>Key, signed order, registration with Pseudonymisation; then the holder may see it.</summary>
internal sealed class IssueOrder(
    GatewayDb database,
    UploadKeys keys,
    DocumentSigner signer,
    PermitGate permits,
    Counterparts.Pseudonymisation pseudonymisation,
    IEventOutbox outbox,
    TimeProvider time
)
{
    public async Task<Next> RunAsync(Order order, CancellationToken cancellationToken)
    {
        if (order.Document is null)
        {
            using var key = keys.Obtain(order.Id);
            var document = signer.Sign(
                new OrderDocument
                {
                    Id = order.Id,
                    Permit = order.PermitDigest,
                    Lineage = order.Lineage,
                    Source = order.Source,
                    UploadKey = Base64UrlText.Encode(key.PublicKey),
                    Due = order.Due.ToUnixTimeSeconds(),
                }
            );
            // Written down before anybody is told: after a crash the same order goes out, not a second one.
            order.Sign(document.Text, document.Digest);
            await database.SaveChangesAsync(cancellationToken);
        }
        await permits.RequireInForceAsync(order, cancellationToken);
        await pseudonymisation.RegisterAsync(order.Digest!, order.Document!, order.Permit, cancellationToken);
        outbox.Enqueue(order.Issue(time.GetUtcNow()));
        await database.SaveChangesAsync(cancellationToken);
        return Next.Done;
    }
}
