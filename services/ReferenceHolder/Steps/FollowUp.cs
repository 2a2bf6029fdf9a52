using HealthDataNode.Protocol.Trust;
using HealthDataNode.ReferenceHolder.Orders;
using HealthDataNode.ReferenceHolder.State;

namespace HealthDataNode.ReferenceHolder.Steps;

/// <summary>
/// Waits for the end of an order; then it is written down whose rows were delivered, and everything made for the order is
/// deleted, the tokens first of all.
/// </summary>
public sealed class FollowUp(
    Node node,
    OrderBook book,
    DisclosureLog disclosures,
    OrderDocuments documents,
    HolderOptions options,
    DocumentSigner signer,
    TimeProvider time
)
{
    public async Task RunAsync(HolderOrder order, CancellationToken cancellationToken)
    {
        var listed = await node.OrderAsync(order.Id, cancellationToken);
        if (listed?.State is "delivered" or "rejected")
        {
            if (listed.State == "delivered")
            {
                Disclose(order);
            }
            End(order, listed.State);
        }
    }

    // Before the folder goes: it says whose rows were sent. Where it is gone, this was done.
    private void Disclose(HolderOrder order)
    {
        var folder = new WorkFolder(options, order);
        if (!File.Exists(folder.Rows))
        {
            return;
        }
        using var store = folder.OpenRows(RowStore.TokenColumns);
        using var persons = store.Read("SELECT person_id FROM tokens WHERE code = 0");
        disclosures.Write(
            new Disclosure(
                order.Id,
                documents.LineageOf(order),
                DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime),
                options.Source,
                documents.DisclosedOf(order)
            ),
            All(persons)
        );

        static IEnumerable<string> All(DuckDB.NET.Data.DuckDBDataReader persons)
        {
            while (persons.Read())
            {
                yield return persons.GetString(0);
            }
        }
    }

    /// <summary>The order is dead or done at the node.</summary>
    public void End(HolderOrder order, string state)
    {
        new WorkFolder(options, order).Delete();
        book.Advance(
            order with
            {
                Stage = Stage.Done,
            },
            number => Entries.Sign(signer, time, number, $"order-{state}", order.Id, documents.LineageOf(order))
        );
    }
}
