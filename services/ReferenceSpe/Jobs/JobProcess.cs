using System.Diagnostics;
using System.Text;
using System.Text.Json;
using HealthDataNode.Protocol.Leases;

namespace HealthDataNode.ReferenceSpe.Jobs;

/// <summary>
/// Runs one job's process to its end. What it says of itself is not believed: of its few bytes only a class of the
/// fixed list and a position inside the SQL are taken.
/// </summary>
internal sealed class JobProcess(Sandbox sandbox, SpeOptions options)
{
    private const int LongestOutcome = 1024;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);

    private sealed record Said(string State, string? Class, int? Position);

    /// <param name="places">What it is given.</param>
    /// <param name="sql">What it runs; a position in an error is held to it.</param>
    /// <param name="lease">Whether it may go on: it is held where it is without a good lease, and ended with an ended one.</param>
    /// <param name="stop">Ends it.</param>
    /// <param name="what">What else than a query it does.</param>
    public Task<JobOutcome> RunAsync(
        SandboxPlaces places,
        string sql,
        Func<LeaseStanding> lease,
        CancellationToken stop,
        params string[] what
    )
    {
        // A thread of its own: the kernel ends the sandbox when the thread that started it ends (--die-with-parent).
        var ended = new TaskCompletionSource<JobOutcome>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                ended.SetResult(Run(places, sql, what, lease, stop));
            }
#pragma warning disable CA1031 // Whatever it is, the job has ended.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                ended.SetException(exception);
            }
        })
        {
            IsBackground = true,
            Name = "job",
        };
        thread.Start();
        return ended.Task;
    }

    private JobOutcome Run(SandboxPlaces places, string sql, string[] what, Func<LeaseStanding> lease, CancellationToken stop)
    {
        var megabytes = options.JobMegabytes.ToString(System.Globalization.CultureInfo.InvariantCulture);
        using var process = Process.Start(sandbox.Command(places, [.. what, megabytes]))!;
        var clock = Stopwatch.StartNew();
        var said = Task.Run(() => ReadOutcome(process.StandardOutput.BaseStream), CancellationToken.None);
        JobOutcome? verdict = null;
        while (!process.WaitForExit(LookEvery))
        {
            // Time that it is held does not count.
            var standing = lease();
            if (standing == LeaseStanding.Paused && clock.IsRunning)
            {
                ProcessTree.Pause(process.Id);
                clock.Stop();
            }
            else if (standing == LeaseStanding.Good && !clock.IsRunning)
            {
                ProcessTree.Resume(process.Id);
                clock.Start();
            }

            verdict =
                stop.IsCancellationRequested || standing == LeaseStanding.Ended ? JobOutcome.Refused(JobErrors.Refused)
                : clock.Elapsed > options.JobTime ? JobOutcome.Failed(JobErrors.Timeout)
                : ProcessTree.Memory(process.Id) > (long)options.JobMegabytes << 20 ? JobOutcome.Failed(JobErrors.OutOfMemory)
                : null;
            if (verdict is not null)
            {
                process.Kill(entireProcessTree: true);
                process.WaitForExit();
            }
        }

        JobFolder.Close(places.Folder);
        return verdict ?? Judge(said.GetAwaiter().GetResult(), process.ExitCode, sql);
    }

    private static JobOutcome Judge(string text, int exitCode, string sql)
    {
        Said? said;
        try
        {
            said = JsonSerializer.Deserialize<Said>(text);
        }
        catch (JsonException)
        {
            said = null;
        }

        if (said?.State == JobStates.Done)
        {
            return exitCode == 0 ? JobOutcome.Done : JobOutcome.Failed(JobErrors.Internal);
        }

        var error = JobErrors.OfJobs.Contains(said?.Class ?? "") ? said!.Class! : JobErrors.Internal;
        int? position = JobErrors.HasPosition(error) && said!.Position is >= 0 and var at && at <= sql.Length ? at : null;
        return error == JobErrors.Refused ? JobOutcome.Refused(error) : JobOutcome.Failed(error, position);
    }

    private static string ReadOutcome(Stream output)
    {
        var buffer = new byte[LongestOutcome];
        var read = output.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        output.CopyTo(Stream.Null);
        return Encoding.UTF8.GetString(buffer, 0, read);
    }
}
