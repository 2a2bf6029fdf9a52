using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ReferenceHolder.Orders;
using HealthDataNode.ReferenceHolder.State;

namespace HealthDataNode.ReferenceHolder.Steps;

/// <summary>
/// Takes in the node's new orders: Gateway's signature on the order, Permit's on the permit behind it, and that the
/// permit names this holder, its source and columns and is the newest version that came. An order that does not hold is
/// not acted upon. Of one source nothing older comes later: the next order is made when the one before has ended.
/// </summary>
public sealed partial class ReceiveOrders(
    Node node,
    OrderAndPermit documents,
    OrderBook book,
    DocumentSigner signer,
    HolderOptions options,
    TimeProvider time,
    ILogger<ReceiveOrders> logger
)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var listed in await node.OpenOrdersAsync(cancellationToken))
        {
            if (listed is { State: "issued" or "receiving", Order: { } order, Permit: { } permit } && !book.Knows(listed.Id))
            {
                Take(listed, order, permit);
            }
        }
    }

    private void Take(Node.Listed listed, string order, string permit)
    {
        try
        {
            var verified = documents.Verify(order, permit);
            if (verified.Holder != options.Party || verified.Source.Source != options.Source || verified.Order.Payload.Id != listed.Id)
            {
                Refused(listed.Id, "it is not for this holder and source");
                return;
            }
            book.Add(
                new HolderOrder(listed.Id, verified.Order.Digest, order, permit, listed.TraceParent, Stage.Accepted),
                verified.Permit,
                number => Entries.Sign(signer, time, number, "order-accepted", listed.Id, verified.Permit.Payload.Lineage)
            );
        }
        catch (DocumentRefusedException refused)
        {
            Refused(listed.Id, refused.Refusal.ToString());
        }
    }

    [LoggerMessage(LogLevel.Warning, "Order {Order} is not acted upon: {Reason}")]
    private partial void Refused(string order, string reason);
}
