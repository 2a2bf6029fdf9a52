using HealthDataNode.ReferenceHolder.Orders;
using HealthDataNode.ReferenceHolder.State;

namespace HealthDataNode.ReferenceHolder.Steps;

/// <summary>
/// Copies the ordered columns out of the source once, so that all that follows works on the same rows however often it
/// is interrupted. Rows without eleven digits, or with control characters, are of nobody: counted, and joined to nothing.
/// </summary>
public sealed class Extract(OrderBook book, OrderDocuments documents, HolderOptions options)
{
    public void Run(HolderOrder order)
    {
        var folder = new WorkFolder(options, order);
        folder.Delete();
        folder.Create();
        var columns = documents.ColumnsOf(order);
        var fields = string.Join(", ", columns.Select(column => $"coalesce({RowStore.Name(column)}, '') AS {RowStore.Name(column)}"));
        var all = string.Join(", ", columns.Select(RowStore.Name));
        using (var store = folder.OpenRows(columns.Count))
        {
            store.Execute(
                $"""
                CREATE TABLE raw AS
                SELECT row_number() OVER () AS line, {fields},
                    CASE WHEN regexp_full_match(person_id, '[0-9]{"{11}"}') AND NOT regexp_matches(concat({all}), '[\x00-\x1f]')
                        THEN person_id END AS person_id
                FROM read_csv('{RowStore.Quoted(options.File)}', header = true, all_varchar = true, delim = ',', quote = '"', escape = '"',
                    buffer_size = 2000000)
                """
            );
            var extracted = store.Count("SELECT count(*) FROM raw");
            var kept = store.Count("SELECT count(person_id) FROM raw");
            order = order with
            {
                Counts = new Counts { Extracted = extracted, Invalid = extracted - kept },
            };
        }
        book.Advance(order with { Stage = Stage.Extracted });
    }
}
