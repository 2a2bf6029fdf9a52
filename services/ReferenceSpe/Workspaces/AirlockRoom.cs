using System.Globalization;
using DuckDB.NET.Data;
using HealthDataNode.Protocol.Rows;
using HealthDataNode.ReferenceSpe.Airlock;
using HealthDataNode.ReferenceSpe.Airlock.Checking;
using HealthDataNode.ReferenceSpe.Ingress;
using HealthDataNode.ReferenceSpe.Jobs;

namespace HealthDataNode.ReferenceSpe.Workspaces;

/// <summary>This SPE's rooms as its airlock sees them.</summary>
internal sealed class AirlockRoom(WorkspaceFolders folders, Deliveries deliveries, JobQueue jobs) : IAirlockRoom
{
    public FileInfo? Find(string lineage, string job, string file) =>
        jobs.Find(lineage, job) is { State: JobStates.Done }
        && new FileInfo(Path.Combine(folders.Job(lineage, job), file)) is { Exists: true, LinkTarget: null } found
            ? found
            : null;

    public PseudonymSet Pseudonyms(string lineage)
    {
        var sources = deliveries.SourcesOf(lineage);
        if (sources.Count == 0)
        {
            return PseudonymSet.Of([]);
        }

        using var connection = WorkspaceFile.OpenToRead(folders.Database(lineage));
        var tables = sources.Select(source => $"SELECT \"{RowFormat.PseudonymColumn}\" AS known FROM \"{source}\"");
        if (Aliases.Exists(connection))
        {
            tables = tables.Append($"SELECT was FROM {Aliases.Table}");
        }

        var all = $"FROM ({string.Join(" UNION ALL ", tables)})";
        var rows = Texts(connection, $"SET threads = 1; SET memory_limit = '64MB'; SELECT CAST(count(*) AS VARCHAR) {all}").Single();
        return PseudonymSet.Of(
            PseudonymRanges
                .Of("known", long.Parse(rows, CultureInfo.InvariantCulture))
                .SelectMany(range => Texts(connection, $"SELECT DISTINCT known {all} WHERE {range}"))
        );
    }

    private static IEnumerable<string> Texts(DuckDBConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.UseStreamingMode = true;

        // Names of sources are of the form that the permit's verification insists on.
#pragma warning disable CA2100
        command.CommandText = sql;
#pragma warning restore CA2100
        using var reader = command.ExecuteReader();
        while (reader.FieldCount == 0 && reader.NextResult()) { }

        while (reader.Read())
        {
            yield return reader.GetString(0);
        }
    }
}
