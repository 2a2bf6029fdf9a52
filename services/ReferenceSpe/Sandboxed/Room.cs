using System.Globalization;
using DuckDB.NET.Data;

namespace HealthDataNode.ReferenceSpe.Sandboxed;

/// <summary>
/// DuckDB locked down: in memory, the workspace attached read-only, no file system, no extension, no spilling, no
/// logging, and none of this to be changed. The order matters: attached first, file system off, then locked.
/// </summary>
internal sealed class Room : IDisposable
{
    private const int Threads = 2;
    private readonly DuckDBConnection connection = new("Data Source=:memory:");

    /// <summary>Opens the room; without a workspace only to see whether it can be.</summary>
    public Room(string? workspace, int megabytes)
    {
        connection.Open();
        if (workspace is not null)
        {
            Execute($"ATTACH '{workspace}' AS workspace (READ_ONLY)");
            Execute("USE workspace");
        }

        Execute(string.Create(CultureInfo.InvariantCulture, $"SET memory_limit = '{megabytes}MB'"));
        Execute(string.Create(CultureInfo.InvariantCulture, $"SET threads = {Threads}"));
        foreach (
            var setting in (string[])
                [
                    "SET temp_directory = ''",
                    "SET errors_as_json = true",
                    "SET enable_logging = false",
                    "SET autoinstall_known_extensions = false",
                    "SET autoload_known_extensions = false",
                    "SET allow_community_extensions = false",
                    "SET enable_external_access = false",
                    "SET disabled_filesystems = 'LocalFileSystem'",
                    "SET lock_configuration = true",
                ]
        )
        {
            Execute(setting);
        }
    }

    /// <summary>A command over the room.</summary>
    // The SQL is somebody else's: that is what the room is for.
#pragma warning disable CA2100
    public DuckDBCommand Command(string sql)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        return command;
    }
#pragma warning restore CA2100

    public string Text(string sql, string argument)
    {
        using var command = Command(sql);
        command.Parameters.Add(new DuckDBParameter(argument));
        return (string)command.ExecuteScalar()!;
    }

    public IEnumerable<string> Texts(string sql)
    {
        using var command = Command(sql);
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            yield return reader.GetString(0);
        }
    }

    public void Dispose() => connection.Dispose();

    private void Execute(string sql)
    {
        using var command = Command(sql);
        command.ExecuteNonQuery();
    }
}
