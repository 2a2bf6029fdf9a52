using DuckDB.NET.Data;

namespace HealthDataNode.ReferenceHolder.Orders;

/// <summary>A DuckDB file of one order; sorting and joining spill to its folder, so that memory does not grow with size.</summary>
internal sealed class RowStore : IDisposable
{
    private readonly DuckDBConnection connection;

    public RowStore(string file, string spill)
    {
        connection = new DuckDBConnection($"Data Source={file}");
        connection.Open();
        Execute(
            $"SET memory_limit = '256MB'; SET threads = 1; SET temp_directory = '{Quoted(spill)}'; SET preserve_insertion_order = true"
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

    public DuckDBAppender Append(string table) => connection.CreateAppender(table);

    public void Dispose() => connection.Dispose();

    public static string Quoted(string text) => text.Replace("'", "''", StringComparison.Ordinal);

    public static string Name(string column) => $"\"{column.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
