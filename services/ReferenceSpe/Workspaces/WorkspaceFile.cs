using DuckDB.NET.Data;

namespace HealthDataNode.ReferenceSpe.Workspaces;

/// <summary>A workspace's file as such. The caller is in the room to write.</summary>
internal static class WorkspaceFile
{
    /// <summary>
    /// Takes sources out of a workspace. What DuckDB drops stays in the file's free blocks, so that the rest is written
    /// to a new file and the old one deleted.
    /// </summary>
    public static void Without(string database, IReadOnlyCollection<string> sources)
    {
        if (!File.Exists(database))
        {
            return;
        }

        var next = database + ".next";
        File.Delete(next);
        using (var connection = new DuckDBConnection("Data Source=:memory:"))
        {
            connection.Open();
            Execute(connection, "SET threads = 1");
            Execute(connection, "SET memory_limit = '96MB'");
            Execute(connection, $"SET temp_directory = '{Path.GetDirectoryName(next)}/.spill'");
            Execute(connection, $"ATTACH '{database}' AS workspace");
            foreach (var source in sources)
            {
                Execute(connection, $"DROP VIEW IF EXISTS workspace.\"{source}{SourceTable.TypedSuffix}\"");
                Execute(connection, $"DROP TABLE IF EXISTS workspace.\"{source}\"");
            }

            Execute(connection, $"ATTACH '{next}' AS next");
            Execute(connection, "COPY FROM DATABASE workspace TO next");
            Execute(connection, "FORCE CHECKPOINT next");
            Execute(connection, "DETACH next");
            Execute(connection, "DETACH workspace");
        }

        File.Delete(database + ".wal");
        File.Move(next, database, overwrite: true);
    }

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
