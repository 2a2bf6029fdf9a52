using DuckDB.NET.Data;

namespace HealthDataNode.ReferenceHolder.Orders;

/// <summary>
/// A DuckDB file of one order. What must be sorted is sorted range by range of its key: about half of the memory that
/// DuckDB may have is enough for a range, whatever the size of the register.
/// </summary>
internal sealed class RowStore : IDisposable
{
    /// <summary>Rows of a range, about: fewer cost more reading, more cost memory.</summary>
    private const int RangeRows = 25_000;

    /// <summary>Columns of the table of tokens.</summary>
    public const int TokenColumns = 3;

    private readonly DuckDBConnection connection;

    public RowStore(string file, string spill, int columns)
    {
        connection = new DuckDBConnection($"Data Source={file}");
        connection.Open();
        // What it needs goes with the columns that it writes at once, not with the rows.
        Execute(
            $"SET memory_limit = '{24 + (2 * columns)}MB'; SET threads = 1; SET temp_directory = '{Quoted(spill)}'; SET preserve_insertion_order = true"
        );
    }

    public void Execute(string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public long Count(string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar(), null);
    }

    public DuckDBDataReader Read(string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.UseStreamingMode = true;
        return command.ExecuteReader();
    }

    /// <summary>The rows of a query for each range of a key, one range after another in the key's order.</summary>
    /// <param name="key">A column of digits, decimal or hexadecimal.</param>
    /// <param name="table">The key's table: raw, or tokens.</param>
    /// <param name="query">The query, of the condition that a range is.</param>
    public IEnumerable<DuckDBDataReader> ReadInRanges(string key, string table, Func<string, string> query)
    {
        foreach (var range in Ranges(key, table))
        {
            using var reader = Read(query(range));
            while (reader.Read())
            {
                yield return reader;
            }
        }
    }

    // Cut between values of the key's first four digits; a person has as many rows as persons have on average.
    private List<string> Ranges(string key, string table)
    {
        List<string> starts = [];
        var rows = (long)RangeRows;
        using var counts = Read(
            $"""
            SELECT left({key}, 4), count(*) * (SELECT count(*) FROM raw) // (SELECT count(*) FROM {table})
            FROM {table} WHERE {key} IS NOT NULL GROUP BY 1 ORDER BY 1
            """
        );
        while (counts.Read())
        {
            rows += counts.GetInt64(1);
            if (rows > RangeRows)
            {
                starts.Add(counts.GetString(0));
                rows = counts.GetInt64(1);
            }
        }
        return [.. starts.Select((start, at) => $"{key} >= '{start}'" + (at + 1 < starts.Count ? $" AND {key} < '{starts[at + 1]}'" : ""))];
    }

    public DuckDBAppender Append(string table) => connection.CreateAppender(table);

    public void Dispose() => connection.Dispose();

    public static string Quoted(string text) => text.Replace("'", "''", StringComparison.Ordinal);

    public static string Name(string column) => $"\"{column.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
