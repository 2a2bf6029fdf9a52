using HealthDataNode.ReferenceHolder.Orders;
using HealthDataNode.ReferenceHolder.State;

namespace HealthDataNode.ReferenceHolder.Steps;

/// <summary>
/// Copies the ordered columns out of the source once, so that all that follows works on the same rows however often it
/// is interrupted. Rows without eleven digits, or with control characters, are counted and left out.
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
        using (var store = new RowStore(folder.Rows, folder.Spill))
        {
            store.Execute(
                $"""
                CREATE TABLE raw AS
                SELECT row_number() OVER () AS line, coalesce(person_id, '') AS person_id, {fields}
                FROM read_csv('{RowStore.Quoted(options.File)}', header = true, all_varchar = true, delim = ',', quote = '"', escape = '"')
                """
            );
            var extracted = store.Count("SELECT count(*) FROM raw");
            store.Execute(
                $"""
                DELETE FROM raw WHERE NOT regexp_full_match(person_id, '[0-9]{"{11}"}')
                    OR regexp_matches(concat({all}), '[\x00-\x1f]')
                """
            );
            var kept = store.Count("SELECT count(*) FROM raw");
            store.Execute("CREATE TABLE tokens (person_id VARCHAR, token VARCHAR, code UTINYINT)");
            order = order with
            {
                Counts = new Counts { Extracted = extracted, Invalid = extracted - kept },
            };
        }
        book.Advance(order with { Stage = Stage.Extracted });
    }
}
