using HealthDataNode.ReferenceHolder.Orders;
using HealthDataNode.ReferenceHolder.State;

namespace HealthDataNode.ReferenceHolder.Steps;

/// <summary>Sends the parts, each going on where the node says that it stands, and then the closing document.</summary>
public sealed class Upload(Node node, OrderBook book, HolderOptions options)
{
    public async Task RunAsync(HolderOrder order, CancellationToken cancellationToken)
    {
        var folder = new WorkFolder(options, order);
        for (var part = 1; File.Exists(folder.File($"rows-{part}.seal")); part++)
        {
            var seal = await File.ReadAllTextAsync(folder.File($"rows-{part}.seal"), cancellationToken);
            await node.UploadAsync(order.Id, seal, folder.File($"rows-{part}.c4gh"), cancellationToken);
        }
        var closing = await File.ReadAllTextAsync(folder.File("closing.jws"), cancellationToken);
        await node.CloseAsync(order.Id, closing, cancellationToken);
        book.Advance(order with { Stage = Stage.Sent });
    }
}
