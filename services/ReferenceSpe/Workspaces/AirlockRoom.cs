using System.Globalization;
using DuckDB.NET.Data;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Leases;
using HealthDataNode.Protocol.Rows;
using HealthDataNode.ReferenceSpe.Airlock;
using HealthDataNode.ReferenceSpe.Airlock.Checking;
using HealthDataNode.ReferenceSpe.Ingress;
using HealthDataNode.ReferenceSpe.Jobs;
using HealthDataNode.ReferenceSpe.Rooms;
using HealthDataNode.ReferenceSpe.State;

namespace HealthDataNode.ReferenceSpe.Workspaces;

/// <summary>This SPE's rooms as its airlock sees them.</summary>
internal sealed class AirlockRoom(
    WorkspaceFolders folders,
    Deliveries deliveries,
    Lineages lineages,
    JobQueue jobs,
    JobProcess processes,
    RoomLeases leases,
    RoomStates rooms
) : IAirlockRoom
{
    private const string Parquet = ".parquet";

    public string Folder(string lineage) => folders.Of(lineage);

    public bool IsOpen(string lineage) => leases.IsOpen(lineage);

    public Task<IDisposable> EnterAsync(string lineage, CancellationToken cancellationToken) =>
        folders.Gate(lineage).EnterToReadAsync(cancellationToken);

    public PermitInRoom? PermitOf(string lineage) =>
        lineages.PermitsOf(lineage) is [.., var newest] versions
            ? new PermitInRoom(newest.Digest, versions.SelectMany(version => version.Payload.Persons).ToHashSet(StringComparer.Ordinal))
            : null;

    public long? LengthOf(string lineage, string job, string file) =>
        jobs.Find(lineage, job) is { State: JobStates.Done }
        && new FileInfo(Path.Combine(folders.Job(lineage, job), file)) is { Exists: true, LinkTarget: null } found
            ? found.Length
            : null;

    public async Task<TakenFile> TakeAsync(
        string lineage,
        string job,
        string file,
        string format,
        string folder,
        CancellationToken cancellationToken
    )
    {
        var source = Path.Combine(folders.Job(lineage, job), file);
        var name = $"{Path.GetFileNameWithoutExtension(file)}.{format}";
        var path = Path.Combine(folder, name);
        if (format != OutputFormats.Parquet && !file.EndsWith(Parquet, StringComparison.Ordinal))
        {
            File.Copy(source, path);
            return new TakenFile(name, path);
        }

        // Parquet is a job's making, and is read where a job's makings are read: in the sandbox.
        var work = Path.Combine(folder, "..", "convert");
        PrivateFolder.Delete(work);
        PrivateFolder.Create(work);
        try
        {
            var input = Path.Combine(work, "input.parquet");
            File.Copy(source, input);
            JobFolder.LetRead(input);
            JobFolder.OpenToJobs(work);
            var outcome = await processes.RunAsync(new SandboxPlaces(null, work), "", () => LeaseOf(lineage), cancellationToken, "convert");
            cancellationToken.ThrowIfCancellationRequested();
            if (LeaseOf(lineage) == LeaseStanding.Ended)
            {
                throw new OperationCanceledException("The room is being cleared or has ended.");
            }

            var table = new FileInfo(Path.Combine(work, "table.csv"));
            if (outcome != JobOutcome.Done || table is not { Exists: true, LinkTarget: null })
            {
                throw new InvalidDataException("The file is not Parquet.");
            }

            if (format == OutputFormats.Csv)
            {
                File.Move(table.FullName, path);
                return new TakenFile(name, path);
            }

            File.Move(Path.Combine(work, "result.parquet"), path);
            var beside = Path.Combine(folder, "..", "table.csv");
            File.Move(table.FullName, beside, overwrite: true);
            return new TakenFile(name, path, beside);
        }
        finally
        {
            PrivateFolder.Delete(work);
        }
    }

    public PseudonymSet Pseudonyms(string lineage)
    {
        var sources = deliveries.SourcesOf(lineage);
        if (sources.Count == 0)
        {
            return PseudonymSet.Of([]);
        }

        using var connection = new DuckDBConnection($"Data Source={folders.Database(lineage)};ACCESS_MODE=READ_ONLY");
        connection.Open();
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

    // Who clears the room waits until we have left it: what is held for want of a lease would keep both waiting.
    private LeaseStanding LeaseOf(string lineage) => rooms.IsClearing(lineage) ? LeaseStanding.Ended : leases.Of(lineage);

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
