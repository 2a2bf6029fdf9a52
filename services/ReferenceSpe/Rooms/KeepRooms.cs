using System.Collections.Concurrent;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Leases;
using HealthDataNode.ReferenceSpe.State;

namespace HealthDataNode.ReferenceSpe.Rooms;

/// <summary>What a program does about its rooms.</summary>
/// <param name="Known">The lineages that there is something of.</param>
/// <param name="TakeVersionAsync">Takes in the newest version of a permit.</param>
/// <param name="EndAsync">Ends a room for good.</param>
internal sealed record RoomWork(
    Func<IEnumerable<string>> Known,
    Func<string, CancellationToken, Task> TakeVersionAsync,
    Func<string, CancellationToken, Task> EndAsync
);

/// <summary>
/// Holds every room of this SPE at the node, ends those whose permit has ended, and takes in newer versions. What it
/// does at one moment it would do at the next, so it begins anew wherever it was killed.
/// </summary>
internal sealed class KeepRooms(
    PermitLeases permits,
    SpeLeases spes,
    Lineages lineages,
    RoomStates rooms,
    RoomWork work,
    SpeOptions options,
    ILogger<KeepRooms> log
) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(250);
    private readonly ConcurrentDictionary<string, string> said = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Task> running = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        spes.Hold(options.Party);
        foreach (var lineage in lineages.All().Where(lineage => !rooms.IsOver(lineage)))
        {
            Hold(lineage);
        }

        while (!stoppingToken.IsCancellationRequested)
        {
            foreach (var lineage in rooms.Unfinished.Concat(work.Known().Where(l => !rooms.IsOver(l))).ToList())
            {
                // Each by itself: a room that is long in ending keeps no other open.
                if (!running.TryGetValue(lineage, out var before) || before.IsCompleted)
                {
                    running[lineage] = TryAsync(lineage, stoppingToken);
                }
            }

            await Task.Delay(Every, stoppingToken);
        }
    }

    private async Task TryAsync(string lineage, CancellationToken stoppingToken)
    {
        try
        {
            await LookAsync(lineage, stoppingToken);
            said.TryRemove(lineage, out _);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            throw;
        }
        catch (DocumentRefusedException refused)
        {
            // The room stays closed: a version that does not follow the one held here is nothing to go on with.
            if (IsNew(lineage, $"{refused.Refusal}"))
            {
                log.LogError("A version of the permit of {Lineage} was refused: {Refusal}", lineage, refused.Refusal);
            }
        }
#pragma warning disable CA1031 // One room's fault must not be every room's; it is tried again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            if (IsNew(lineage, exception.GetType().Name))
            {
                log.LogWarning("The room of {Lineage} could not be kept: {Kind}", lineage, exception.GetType().Name);
            }
        }
    }

    // It is tried four times a second: the same is said once.
    private bool IsNew(string lineage, string what)
    {
        var isNew = said.GetValueOrDefault(lineage) != what;
        said[lineage] = what;
        return isNew;
    }

    private async Task LookAsync(string lineage, CancellationToken stoppingToken)
    {
        var lease = permits.Of(lineage);
        if (rooms.IsOver(lineage) || lease.HasEnded)
        {
            await work.EndAsync(lineage, stoppingToken);
            permits.Release(lineage);
        }
        else if (lineages.VersionOf(lineage) is var held && (held == 0 || (lease.IsGood && lease.Version > held)))
        {
            await work.TakeVersionAsync(lineage, stoppingToken);
            Hold(lineage);
        }
        else if (lease.Version == 0)
        {
            Hold(lineage);
        }
    }

    private void Hold(string lineage)
    {
        if (lineages.PermitsOf(lineage) is [.., var newest])
        {
            permits.Hold(lineage, newest.Payload.Version, DateTimeOffset.FromUnixTimeSeconds(newest.Payload.To));
        }
    }
}
