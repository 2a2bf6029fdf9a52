using HealthDataNode.ReferenceHolder.Orders;
using HealthDataNode.ReferenceHolder.State;

namespace HealthDataNode.ReferenceHolder.Steps;

/// <summary>Sends the audit log what this holder did, in order, until it is taken.</summary>
public sealed class TellAudit(Node node, OrderBook book)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (book.NextEntry() is var (number, entry))
        {
            await node.TellAuditAsync(entry, cancellationToken);
            book.Forget(number);
        }
    }
}
