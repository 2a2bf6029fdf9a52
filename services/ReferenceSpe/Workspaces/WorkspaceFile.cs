using System.Globalization;
using DuckDB.NET.Data;
using HealthDataNode.ReferenceSpe.State;

namespace HealthDataNode.ReferenceSpe.Workspaces;

/// <summary>A workspace's file as such. The caller is in the room to write, or opens it to read.</summary>
internal static class WorkspaceFile
{
    // Where DuckDB puts what does not fit into memory, by itself.
    private const string Spill = ".tmp";
    private const string Next = ".next";

    // Of DuckDB's own memory; aliases and short tables need no more.
    private const int Megabytes = 96;

    public static DuckDBConnection OpenToRead(string database) => Open($"{Source(database)};ACCESS_MODE=READ_ONLY");

    /// <summary>Opens it, or makes it; small and on one thread, so that memory does not grow with what is written.</summary>
    public static DuckDBConnection OpenToWrite(string database)
    {
        DeleteLeftovers(database);
        var connection = Open(Source(database));
        Limit(connection);
        return connection;
    }

    /// <summary>
    /// Takes sources out of a workspace. What DuckDB drops stays in the file's free blocks, so that the rest is written
    /// to a new file and the old one deleted.
    /// </summary>
    public static void Without(string database, IReadOnlyCollection<string> sources)
    {
        if (!Directory.Exists(Path.GetDirectoryName(database)))
        {
            return;
        }

        DeleteLeftovers(database);
        if (!File.Exists(database))
        {
            return;
        }

        var next = database + Next;
        using (var connection = Open("Data Source=:memory:"))
        {
            Limit(connection);
            Execute(connection, $"SET temp_directory = {Quote(database + Spill)}");
            Execute(connection, $"ATTACH {Quote(database)} AS workspace");
            foreach (var source in sources)
            {
                Execute(connection, $"DROP VIEW IF EXISTS workspace.\"{source}{SourceTable.TypedSuffix}\"");
                Execute(connection, $"DROP TABLE IF EXISTS workspace.\"{source}\"");
            }

            // What a copy needs goes with the widest table: its columns are written at once, the rows go to the disk.
            Execute(
                connection,
                string.Create(CultureInfo.InvariantCulture, $"SET memory_limit = '{Megabytes + (2 * WidestOf(connection))}MB'")
            );
            Execute(connection, $"ATTACH {Quote(next)} AS next");
            Execute(connection, "COPY FROM DATABASE workspace TO next");
            Execute(connection, "FORCE CHECKPOINT next");
            Execute(connection, "DETACH next");
            Execute(connection, "DETACH workspace");
        }

        File.Delete(database + ".wal");
        File.Move(next, database, overwrite: true);
    }

    // Whoever was killed here left rows there.
    private static void DeleteLeftovers(string database)
    {
        PrivateFolder.Delete(database + Spill);
        File.Delete(database + Next);
        File.Delete(database + Next + ".wal");
    }

    private static DuckDBConnection Open(string source)
    {
        var connection = new DuckDBConnection(source);
        connection.Open();
        return connection;
    }

    private static void Limit(DuckDBConnection connection)
    {
        Execute(connection, "SET threads = 1");
        Execute(connection, string.Create(CultureInfo.InvariantCulture, $"SET memory_limit = '{Megabytes}MB'"));
        Execute(connection, "SET autoinstall_known_extensions = false");
        Execute(connection, "SET autoload_known_extensions = false");
    }

    private static long WidestOf(DuckDBConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT coalesce(max(column_count), 0) FROM duckdb_tables() WHERE database_name = 'workspace'";
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    private static string Source(string database) => new DuckDBConnectionStringBuilder { DataSource = database }.ConnectionString;

    private static string Quote(string path) => $"'{path.Replace("'", "''", StringComparison.Ordinal)}'";

    // Names of sources are of the form that the permit's verification insists on, and quoted besides.
#pragma warning disable CA2100
    private static void Execute(DuckDBConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
#pragma warning restore CA2100
}
