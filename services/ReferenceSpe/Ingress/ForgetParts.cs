using HealthDataNode.ReferenceSpe.Rooms;
using HealthDataNode.ReferenceSpe.State;
using HealthDataNode.ReferenceSpe.Workspaces;

namespace HealthDataNode.ReferenceSpe.Ingress;

/// <summary>
/// Deletes parts whose manifest never came: the transfer was ended in its midst. Gateway sends what it still needs again.
/// </summary>
internal sealed class ForgetParts(
    Deliveries deliveries,
    RoomStates rooms,
    WorkspaceFolders folders,
    TimeProvider time,
    ILogger<ForgetParts> log
) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);
    private static readonly TimeSpan After = TimeSpan.FromHours(24);

    /// <summary>Deletes what has rested for a day; how many orders that were.</summary>
    public int Sweep()
    {
        if (!Directory.Exists(folders.Ingress))
        {
            return 0;
        }

        var forgotten = 0;
        foreach (var folder in Directory.EnumerateDirectories(folders.Ingress))
        {
            var touched = Directory
                .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Select(File.GetLastWriteTimeUtc)
                .Append(Directory.GetLastWriteTimeUtc(folder))
                .Max();
            if (touched < time.GetUtcNow().UtcDateTime - After && IsOver(Path.GetFileName(folder)))
            {
                PrivateFolder.Delete(folder);
                forgotten++;
            }
        }

        return forgotten;
    }

    private bool IsOver(string order) =>
        deliveries.Find(order) is not { State: not Delivery.Announced } delivery || delivery.IsOver || rooms.IsOver(delivery.Lineage);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (Sweep() is > 0 and var forgotten)
                {
                    log.LogInformation("The parts of {Orders} orders that were never announced were deleted", forgotten);
                }
            }
            catch (IOException fault)
            {
                log.LogWarning("Parts could not be looked through: {Kind}", fault.GetType().Name);
            }

            await Task.Delay(Every, stoppingToken);
        }
    }
}
