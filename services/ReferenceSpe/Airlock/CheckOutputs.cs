using HealthDataNode.Protocol.Documents;
using HealthDataNode.ReferenceSpe.Airlock.Checking;
using HealthDataNode.ReferenceSpe.Jobs;
using HealthDataNode.ReferenceSpe.Rooms;
using HealthDataNode.ReferenceSpe.State;
using HealthDataNode.ReferenceSpe.Workspaces;

namespace HealthDataNode.ReferenceSpe.Airlock;

/// <summary>
/// Takes what is asked for out of the room, checks it, and opens it to the output checkers or refuses all of it. Begins
/// anew with what it was at when it was killed.
/// </summary>
internal sealed class CheckOutputs(
    Outputs outputs,
    OutputFiles files,
    TakeFile take,
    IAirlockRoom room,
    RoomLeases leases,
    Lineages lineages,
    WorkspaceFolders folders,
    AirlockPolicy policy,
    OutputRequested requested,
    ILogger<CheckOutputs> log
) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var tried = new HashSet<string>(StringComparer.Ordinal);
        while (!stoppingToken.IsCancellationRequested)
        {
            var round = Round(outputs.In(OutputStates.Checking), tried, leases.IsOpen);
            foreach (var output in round)
            {
                tried.Add(output.Id);
                await TryAsync(output, stoppingToken);
            }

            if (round.Count == 0)
            {
                tried.Clear();
                await requested.Pulse.WaitAsync(stoppingToken);
            }
        }
    }

    /// <summary>The oldest of each room that was not tried yet: a room that asks for much keeps no other waiting.</summary>
    public static List<Output> Round(IEnumerable<Output> waiting, IReadOnlySet<string> tried, Func<string, bool> isOpen) =>
        [.. waiting.Where(output => !tried.Contains(output.Id) && isOpen(output.Lineage)).DistinctBy(output => output.Lineage)];

    private async Task TryAsync(Output output, CancellationToken stoppingToken)
    {
        try
        {
            await CheckAsync(output, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // One request's fault must not be every request's; it is tried again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            log.LogWarning("Output {Output} could not be checked yet: {Kind}", output.Id, exception.GetType().Name);
        }
    }

    private async Task CheckAsync(Output output, CancellationToken cancellationToken)
    {
        using var turn = await folders.Gate(output.Lineage).EnterToReadAsync(cancellationToken);
        if (!leases.IsOpen(output.Lineage))
        {
            return;
        }

        var (folder, scratch) = (files.Folder(output), files.Scratch(output));
        PrivateFolder.Delete(folder);
        PrivateFolder.Delete(scratch);
        PrivateFolder.Create(folder);
        PrivateFolder.Create(scratch);
        var permit = lineages.PermitsOf(output.Lineage)[^1].Payload;
        var check = new FileCheck(policy.Under(permit), await Task.Run(() => room.Pseudonyms(output.Lineage), cancellationToken), scratch);
        List<ReleasedFile> taken = [];

        // What has something hidden in its name is not named in a finding.
        var findings = check.RunOnTexts(output);
        if (findings.Count == 0)
        {
            foreach (var asked in output.Asked)
            {
                var found = new Findings();
                if (await TakeAndCheckAsync(output, asked, check, found, cancellationToken) is { } file)
                {
                    taken.Add(file);
                }

                findings = [.. findings, .. found.All];
            }
        }

        PrivateFolder.Delete(scratch);
        if (findings.Count > 0)
        {
            // Nobody will read them, and they may hold what they should not.
            PrivateFolder.Delete(folder);
        }

        outputs.Checked(output, taken, findings);
    }

    private async Task<ReleasedFile?> TakeAndCheckAsync(
        Output output,
        AskedFile asked,
        FileCheck check,
        Findings findings,
        CancellationToken cancellationToken
    )
    {
        if (room.Find(output.Lineage, asked.Job, asked.File)?.Length > check.BytesLeft)
        {
            findings.Add(Rules.Size, asked.Name);
            return null;
        }

        if (!take.CanTake(asked))
        {
            findings.Add(Rules.Type, asked.Name, JobErrors.SandboxUnavailable);
            return null;
        }

        try
        {
            var taken = await take.RunAsync(output, asked, cancellationToken);
            await Task.Run(() => check.Run(taken, asked.Format, asked.Columns, findings), cancellationToken);
            return OutputFiles.Describe(taken.Path, asked.Format);
        }
        catch (InvalidDataException)
        {
            findings.Add(Rules.Type, asked.Name);
            return null;
        }
    }
}
