using HealthDataNode.Protocol.Trust;
using HealthDataNode.ReferenceHolder.Orders;
using HealthDataNode.ReferenceHolder.State;

namespace HealthDataNode.ReferenceHolder.Steps;

/// <summary>Waits for the end of an order; then everything made for it is deleted, the tokens first of all.</summary>
public sealed class FollowUp(Node node, OrderBook book, OrderDocuments documents, HolderOptions options, DocumentSigner signer, TimeProvider time)
{
    public async Task RunAsync(HolderOrder order, CancellationToken cancellationToken)
    {
        var listed = await node.OrderAsync(order.Id, cancellationToken);
        if (listed?.State is "delivered" or "rejected")
        {
            End(order, listed.State);
        }
    }

    /// <summary>The order is dead or done at the node.</summary>
    public void End(HolderOrder order, string state)
    {
        new WorkFolder(options, order).Delete();
        book.Advance(
            order with { Stage = Stage.Done },
            number => Entries.Sign(signer, time, number, $"order-{state}", order.Id, documents.LineageOf(order))
        );
    }
}
