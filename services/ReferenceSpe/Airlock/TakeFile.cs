using HealthDataNode.Protocol.Leases;
using HealthDataNode.ReferenceSpe.Jobs;
using HealthDataNode.ReferenceSpe.Rooms;
using HealthDataNode.ReferenceSpe.State;

namespace HealthDataNode.ReferenceSpe.Airlock;

/// <summary>A file that came out of a room into the airlock.</summary>
/// <param name="Name">Its name, with the ending of its format.</param>
/// <param name="Path">Where it lies.</param>
internal sealed record TakenFile(string Name, string Path);

/// <summary>
/// Copies a job's file into the airlock. A table in Parquet becomes CSV on the way: what is released is then, byte for
/// byte, what was checked. A Parquet file holds more than its cells (keys and values, statistics, bytes between pages),
/// and neither a rule nor a checker reads it.
/// </summary>
internal sealed class TakeFile(
    IAirlockRoom room,
    OutputFiles files,
    Sandbox sandbox,
    JobProcess processes,
    RoomLeases leases,
    RoomStates rooms
)
{
    private const string Parquet = ".parquet";

    /// <summary>Whether a file of its kind can be taken here: Parquet is read in the sandbox, and only there.</summary>
    public bool CanTake(AskedFile asked) => IsCopied(asked) || sandbox.IsAvailable;

    /// <exception cref="InvalidDataException">It is not there, or not what the format says.</exception>
    public async Task<TakenFile> RunAsync(Output output, AskedFile asked, CancellationToken cancellationToken)
    {
        var source = room.Find(output.Lineage, asked.Job, asked.File) ?? throw new InvalidDataException("There is no such file any more.");
        var path = files.PathOf(output, asked.Name);
        if (IsCopied(asked))
        {
            source.CopyTo(path);
            return new TakenFile(asked.Name, path);
        }

        // Parquet is a job's making, and is read where a job's makings are read: in the sandbox.
        var work = Path.Combine(files.Scratch(output), "convert");
        PrivateFolder.Delete(work);
        PrivateFolder.Create(work);
        try
        {
            var input = Path.Combine(work, "input.parquet");
            source.CopyTo(input);
            JobFolder.LetRead(input);
            JobFolder.OpenToJobs(work);
            var outcome = await processes.RunAsync(
                new SandboxPlaces(null, work),
                "",
                () => LeaseOf(output.Lineage),
                cancellationToken,
                "convert"
            );
            cancellationToken.ThrowIfCancellationRequested();
            if (LeaseOf(output.Lineage) == LeaseStanding.Ended)
            {
                throw new OperationCanceledException("The room is being cleared or has ended.");
            }

            var table = new FileInfo(Path.Combine(work, "table.csv"));
            if (outcome != JobOutcome.Done || table is not { Exists: true, LinkTarget: null })
            {
                throw new InvalidDataException("The file is not Parquet.");
            }

            File.Move(table.FullName, path);
            return new TakenFile(asked.Name, path);
        }
        finally
        {
            PrivateFolder.Delete(work);
        }
    }

    private static bool IsCopied(AskedFile asked) =>
        asked.Format != OutputFormats.Csv || !asked.File.EndsWith(Parquet, StringComparison.Ordinal);

    // Who clears the room waits until we have left it: what is held for want of a lease would keep both waiting.
    private LeaseStanding LeaseOf(string lineage) => rooms.IsClearing(lineage) ? LeaseStanding.Ended : leases.Of(lineage);
}
