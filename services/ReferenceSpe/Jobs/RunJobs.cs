using HealthDataNode.Protocol.Leases;
using HealthDataNode.ReferenceSpe.Node;
using HealthDataNode.ReferenceSpe.Rooms;
using HealthDataNode.ReferenceSpe.State;
using HealthDataNode.ReferenceSpe.Workspaces;

namespace HealthDataNode.ReferenceSpe.Jobs;

/// <summary>Runs jobs, each while its room is open and its person may be in it, and not longer.</summary>
internal sealed class RunJobs(
    JobQueue jobs,
    JobProcess processes,
    Sandbox sandbox,
    WorkspaceFolders folders,
    AccessCheck access,
    RoomLeases leases,
    RoomStates rooms,
    JobSubmitted submitted,
    SpeOptions options,
    TimeProvider time,
    ILogger<RunJobs> log
) : BackgroundService
{
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Tried now, and not while the first person waits.
        log.LogInformation("Jobs can be run here: {Available}", sandbox.IsAvailable);
        jobs.Requeue();
        await Task.WhenAll(Enumerable.Range(0, options.JobsAtOnce).Select(_ => WorkAsync(stoppingToken)));
    }

    private async Task WorkAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            if (jobs.Take(leases.IsOpen) is not { } job || !await RunAsync(job, stoppingToken))
            {
                await submitted.Pulse.WaitAsync(stoppingToken);
            }
        }
    }

    /// <summary>False where it could not begin now.</summary>
    private async Task<bool> RunAsync(Job job, CancellationToken stoppingToken)
    {
        using var activity = Telemetry.Continue("run job", job.TraceParent);
        try
        {
            using var turn = await folders.Gate(job.Lineage).EnterToReadAsync(stoppingToken);
            if (LeaseOf(job.Lineage) != LeaseStanding.Good)
            {
                jobs.PutBack(job);
                return false;
            }

            switch (await access.AskAsync(job.Lineage, job.Sub, stoppingToken))
            {
                case Access.Unknown:
                    jobs.PutBack(job);
                    return false;
                case Access.Denied:
                    jobs.End(job, JobOutcome.Refused(JobErrors.Refused));
                    return true;
                default:
                    jobs.End(job, await WatchAsync(job, stoppingToken));
                    return true;
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            jobs.PutBack(job);
            throw;
        }
#pragma warning disable CA1031 // One job's end must not be every job's.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            log.LogError("Job {Job} could not be run: {Kind}", job.Id, exception.GetType().Name);
            jobs.End(job, JobOutcome.Failed(JobErrors.Internal));
            return true;
        }
    }

    private LeaseStanding LeaseOf(string lineage) => rooms.IsClearing(lineage) ? LeaseStanding.Ended : leases.Of(lineage);

    private async Task<JobOutcome> WatchAsync(Job job, CancellationToken stoppingToken)
    {
        var folder = folders.Job(job.Lineage, job.Id);
        PrivateFolder.Delete(folder);
        if (JobFolder.BytesIn(folders.Jobs(job.Lineage)) >= options.RoomBytes)
        {
            return JobOutcome.Refused(JobErrors.OutOfSpace);
        }

        JobFolder.Prepare(folder, job.Sql);
        JobFolder.LetRead(folders.Database(job.Lineage));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var running = processes.RunAsync(
            new SandboxPlaces(folders.Database(job.Lineage), folder),
            job.Sql,
            () => LeaseOf(job.Lineage),
            stop.Token
        );
        while (await Task.WhenAny(running, Task.Delay(AskEvery, time, CancellationToken.None)) != running)
        {
            if (
                stoppingToken.IsCancellationRequested
                || await access.AskAsync(job.Lineage, job.Sub, CancellationToken.None) == Access.Denied
            )
            {
                await stop.CancelAsync();
            }
        }

        var outcome = await running;
        stoppingToken.ThrowIfCancellationRequested();
        if (outcome == JobOutcome.Done && JobFolder.HasResult(folder))
        {
            return outcome;
        }

        // Nobody can take half a result.
        PrivateFolder.Delete(folder);
        return outcome == JobOutcome.Done ? JobOutcome.Failed(JobErrors.Internal) : outcome;
    }
}
