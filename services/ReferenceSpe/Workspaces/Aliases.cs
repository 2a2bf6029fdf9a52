using System.Globalization;
using DuckDB.NET.Data;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Protocol.Rows;

namespace HealthDataNode.ReferenceSpe.Workspaces;

/// <summary>
/// The pseudonyms of a workspace that became another's, by file and place. They lie in the workspace itself, so that
/// what was applied and that it was applied are one transaction. The caller is in the room to write.
/// </summary>
internal static class Aliases
{
    /// <summary>The table: <c>number</c>, <c>place</c>, <c>was</c>, <c>stands</c>.</summary>
    public const string Table = "node.alias";

    private const int PairSize = 2 * Block.Size;

    /// <summary>How many files and pairs a workspace has taken.</summary>
    internal sealed record Taken(int Files, long Pairs);

    /// <summary>
    /// Takes file <paramref name="number"/> into every source's table. The same file again changes nothing; any other
    /// than the next is not taken.
    /// </summary>
    /// <param name="database">The workspace.</param>
    /// <param name="number">The file's number, from 1.</param>
    /// <param name="records">32 bytes each: the pseudonym that was, the one that stands.</param>
    /// <param name="sources">The sources that have a table.</param>
    public static Taken Take(string database, int number, ReadOnlySpan<byte> records, IReadOnlyCollection<string> sources)
    {
        using var connection = WorkspaceFile.OpenToWrite(database);
        Execute(connection, "BEGIN TRANSACTION");
        Execute(connection, "CREATE SCHEMA IF NOT EXISTS node");
        Execute(connection, $"CREATE TABLE IF NOT EXISTS {Table} (number INTEGER, place INTEGER, was VARCHAR, stands VARCHAR)");
        if (Count(connection).Files == number - 1)
        {
            Append(connection, number, records);
            Resolve(connection, number);
            foreach (var source in sources)
            {
                Apply(connection, source);
            }

            Execute(connection, "DROP TABLE resolved");
        }

        Execute(connection, "COMMIT");

        // Jobs are given this one file: nothing may be left in a log beside it.
        Execute(connection, "FORCE CHECKPOINT");
        return Count(connection);
    }

    /// <summary>Applies everything that was taken to one table: what is delivered later comes under the old ones.</summary>
    public static void ApplyAll(DuckDBConnection connection, string source)
    {
        if (!Exists(connection))
        {
            return;
        }

        Resolve(connection, 1);
        Apply(connection, source);
        Execute(connection, "DROP TABLE resolved");
    }

    public static bool Exists(DuckDBConnection connection) =>
        Scalar(connection, "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'node' AND table_name = 'alias' AND NOT temporary")
        > 0;

    private static Taken Count(DuckDBConnection connection) =>
        new((int)Scalar(connection, $"SELECT coalesce(max(number), 0) FROM {Table}"), Scalar(connection, $"SELECT count(*) FROM {Table}"));

    private static void Append(DuckDBConnection connection, int number, ReadOnlySpan<byte> records)
    {
        using var appender = connection.CreateAppender("node", "alias");
        for (var place = 0; place * PairSize < records.Length; place++)
        {
            var pair = records.Slice(place * PairSize, PairSize);
            appender
                .CreateRow()
                .AppendValue(number)
                .AppendValue(place)
                .AppendValue(PseudonymText.Format(pair))
                .AppendValue(PseudonymText.Format(pair[Block.Size..]))
                .EndRow();
        }
    }

    // Applied one after another, a becomes b and later c: from the last pair to the first each is known to its end.
    private static void Resolve(DuckDBConnection connection, int from)
    {
        var ends = new Dictionary<string, string>(StringComparer.Ordinal);
        using (
            var pairs = Command(
                connection,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"SELECT was, stands FROM {Table} WHERE number >= {from} ORDER BY number DESC, place DESC"
                )
            )
        )
        using (var reader = pairs.ExecuteReader())
        {
            while (reader.Read())
            {
                var stands = reader.GetString(1);
                ends[reader.GetString(0)] = ends.GetValueOrDefault(stands, stands);
            }
        }

        Execute(connection, "CREATE OR REPLACE TEMP TABLE resolved (was VARCHAR, stands VARCHAR)");
        using var appender = connection.CreateAppender("temp", "main", "resolved");
        foreach (var (was, stands) in ends)
        {
            appender.CreateRow().AppendValue(was).AppendValue(stands).EndRow();
        }
    }

    private static void Apply(DuckDBConnection connection, string source) =>
        Execute(
            connection,
            $"""
            UPDATE "{source}" SET "{RowFormat.PseudonymColumn}" = resolved.stands
            FROM resolved WHERE "{source}"."{RowFormat.PseudonymColumn}" = resolved.was
            """
        );

    private static long Scalar(DuckDBConnection connection, string sql)
    {
        using var command = Command(connection, sql);
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    private static void Execute(DuckDBConnection connection, string sql)
    {
        using var command = Command(connection, sql);
        command.ExecuteNonQuery();
    }

    // Names of sources are of the form that the permit's verification insists on, and quoted besides.
#pragma warning disable CA2100
    private static DuckDBCommand Command(DuckDBConnection connection, string sql)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        return command;
    }
#pragma warning restore CA2100
}
