using HealthDataNode.Protocol.Documents;
using HealthDataNode.ReferenceSpe.Airlock.Checking;
using HealthDataNode.ReferenceSpe.State;

namespace HealthDataNode.ReferenceSpe.Airlock;

/// <summary>
/// Takes what is asked for out of the room, checks it, and opens it to the output checkers or refuses it. Begins anew
/// with what it was at when it was killed.
/// </summary>
internal sealed class CheckOutputs(
    Outputs outputs,
    IAirlockRoom room,
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
            var round = Round(tried);
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
    public List<Output> Round(IReadOnlySet<string> tried) =>
        [
            .. outputs
                .In(OutputStates.Checking)
                .Where(output => !tried.Contains(output.Id) && room.IsOpen(output.Lineage))
                .DistinctBy(output => output.Lineage),
        ];

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
        using var turn = await room.EnterAsync(output.Lineage, cancellationToken);
        if (!room.IsOpen(output.Lineage))
        {
            return;
        }

        var folder = OutputFiles.Folder(room, output);
        var scratch = OutputFiles.Scratch(room, output);
        PrivateFolder.Delete(folder);
        PrivateFolder.Delete(scratch);
        PrivateFolder.Create(folder);
        PrivateFolder.Create(scratch);
        var findings = new Findings();
        List<ReleasedFile> files = [];
        if (room.LengthOf(output.Lineage, output.Job, output.File) > policy.MaximumBytes)
        {
            findings.Add(Rules.Size, output.File);
        }
        else if (await TakeAsync(output, folder, findings, cancellationToken) is { } taken)
        {
            await Task.Run(
                () => new FileCheck(policy, room.Pseudonyms(output.Lineage), scratch).Run(taken, output.Format, output.Columns, findings),
                cancellationToken
            );
            if (taken.Table is not null)
            {
                File.Delete(taken.Table);
            }

            files.Add(OutputFiles.Describe(taken.Path, output.Format));
        }

        PrivateFolder.Delete(scratch);
        if (findings.All.Count > 0)
        {
            // Nobody will read it, and it may hold what it should not.
            PrivateFolder.Delete(folder);
        }

        outputs.Checked(output, files, findings.All);
    }

    private async Task<TakenFile?> TakeAsync(Output output, string folder, Findings findings, CancellationToken cancellationToken)
    {
        try
        {
            return await room.TakeAsync(output.Lineage, output.Job, output.File, output.Format, folder, cancellationToken);
        }
        catch (InvalidDataException)
        {
            findings.Add(Rules.Type, output.File);
            return null;
        }
    }
}
