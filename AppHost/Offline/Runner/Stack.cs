using System.Diagnostics;
using System.Runtime.InteropServices;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Offline;

/// <summary>Starts the resources in the order of their waits, keeps them in view, and stops them all at once.</summary>
internal sealed class Stack(IServiceProvider services, IDistributedApplicationBuilder builder, StackFolder folder) : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(300);
    private readonly List<Child> children = [];
    private readonly CancellationTokenSource stop = new();
    private readonly ProcessStarter starter = new();
    private readonly HealthCheckService? health = services.GetService<HealthCheckService>();
    private ProcessVariables variables = null!;
    private StackStatus status = null!;
    private ConsoleLines console = null!;
    private int exitCode;
    private volatile bool allHealthy;

    /// <summary>Runs until it is told to end; answers the exit code.</summary>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        using var ports = new Ports();
        using var ended = cancellation.Register(() => End(0));
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Caught(signal, 143));
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Caught(signal, 130));
        using var hungUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => Caught(signal, 129));
        try
        {
            ports.Allocate(builder.Resources);
            Prepare();
            var control = new ControlFiles(folder.Control, HandleAsync).ServeAsync(stop.Token);
            var starts = children.Select(StartInOrderAsync).ToArray();
            await FirstFaultOrAllAsync(starts).WaitAsync(StartLimit, stop.Token);
            allHealthy = true;
            status.Write();
            await File.WriteAllTextAsync(Path.Combine(folder.Control, "healthy"), $"{clock.ElapsedMilliseconds}\n", stop.Token);
            console.Plain($"\n{status.Table()}\n\nall healthy after {clock.Elapsed.TotalSeconds:0.0} s");
            await control;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to end, or a start failed and has said so.
        }
        catch (TimeoutException)
        {
            End(ExitCodes.NotHealthy);
            var late = children.Where(child => child.Listens ? !child.Healthy : child.State != ResourceState.Finished);
            console.Plain($"not healthy in time: {string.Join(", ", late.Select(child => child.Name))}");
        }
        console?.Quiet = true;
        await Task.WhenAll(children.Select(child => child.StopAsync()));
        File.Delete(Path.Combine(folder.Control, "healthy"));
        status?.Write();
        return exitCode;
    }

    public void Dispose()
    {
        stop.Dispose();
        starter.Dispose();
    }

    private void Prepare()
    {
        var processes = builder.Resources.Where(resource => resource is ProjectResource or ExecutableResource).ToList();
        var verbose = builder.Configuration["verbose"] is "true" or "True";
        console = new ConsoleLines(verbose, processes.Max(resource => resource.Name.Length));
        variables = new ProcessVariables(builder.ExecutionContext, folder, builder.Configuration);
        children.AddRange(processes.Select((resource, index) => new Child(resource, index, folder, console)));
        status = new StackStatus(children, folder, builder.Configuration["dashboard"]);
        foreach (var child in children)
        {
            File.Delete(child.LogFile);
            child.Changed += status.Write;
        }
    }

    private async Task StartInOrderAsync(Child child)
    {
        await WaitsAsync(child);
        await StartAsync(child);
        await UntilAsync(child, () => child.Healthy || !child.Listens);
    }

    private async Task StartAsync(Child child)
    {
        await child.StartAsync(starter, variables, stop.Token);
        if (child.Listens)
        {
            _ = child.ProbeAsync(IsHealthyAsync, stop.Token);
        }
    }

    private async Task WaitsAsync(Child child)
    {
        foreach (var wait in child.Resource.Annotations.OfType<WaitAnnotation>())
        {
            var other = children.Single(candidate => candidate.Resource == wait.Resource);
            await UntilAsync(
                other,
                () =>
                    wait.WaitType switch
                    {
                        WaitType.WaitUntilHealthy => other.Healthy,
                        WaitType.WaitForCompletion => other.State == ResourceState.Finished && other.ExitCode == wait.ExitCode,
                        _ => other.State == ResourceState.Running,
                    }
            );
        }
    }

    // A start that throws must not leave the others waiting for it.
    private static async Task FirstFaultOrAllAsync(Task[] starts)
    {
        await foreach (var start in Task.WhenEach(starts))
        {
            await start;
        }
    }

    /// <summary>Waits for a condition of a child; while the stack starts, a child that ended wrongly ends it.</summary>
    private async Task UntilAsync(Child child, Func<bool> condition)
    {
        while (!condition())
        {
            var ended =
                child.State is ResourceState.Exited or ResourceState.FailedToStart
                || child is { State: ResourceState.Finished, ExitCode: not 0 };
            if (ended && !allHealthy)
            {
                Fail(child);
            }
            await Task.Delay(25, stop.Token);
        }
    }

    private void Fail(Child child)
    {
        if (!stop.IsCancellationRequested)
        {
            console.Plain(string.Join('\n', child.LastLines(15)));
            console.Plain($"{child.Name} did not start (exit code {child.ExitCode}); its log is {child.LogFile}");
            End(child is { Resource: ExecutableResource, ExitCode: ExitCodes.Missing } ? 3 : ExitCodes.NotHealthy);
        }
        stop.Token.ThrowIfCancellationRequested();
    }

    private async Task<bool> IsHealthyAsync(IResource resource, CancellationToken cancellation)
    {
        var keys = resource.Annotations.OfType<HealthCheckAnnotation>().Select(check => check.Key).ToHashSet();
        if (keys.Count == 0 || health is null)
        {
            return true;
        }
        try
        {
            var report = await health.CheckHealthAsync(check => keys.Contains(check.Name), cancellation);
            return report.Status == HealthStatus.Healthy;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<(int Code, string Text)> HandleAsync(string[] words)
    {
        switch (words)
        {
            case ["stop"]:
                End(0);
                return (0, "stopping");
            case ["status"]:
                return (children.Any(child => child.Listens && !child.Healthy) ? 4 : 0, status.Table());
            case ["start", var name]:
                return await StartAgainAsync(name);
            default:
                return (ExitCodes.Usage, "stop, status or start NAME");
        }
    }

    private async Task<(int Code, string Text)> StartAgainAsync(string name)
    {
        if (children.Find(child => child.Name == name) is not { } child)
        {
            return (ExitCodes.Usage, $"no resource is named {name}: {string.Join(' ', children.Select(c => c.Name))}");
        }
        if (!await child.HasEndedAsync(TimeSpan.FromSeconds(10)))
        {
            return (0, $"{name} runs already");
        }
        try
        {
            await WaitsAsync(child).WaitAsync(TimeSpan.FromSeconds(60), stop.Token);
            await StartAsync(child);
            await UntilAsync(child, () => child.Healthy || (!child.IsAlive && child.State is not ResourceState.Starting))
                .WaitAsync(TimeSpan.FromSeconds(60), stop.Token);
        }
        catch (Exception fault) when (fault is TimeoutException or OperationCanceledException)
        {
            return (ExitCodes.NotHealthy, $"{name} is not healthy within 60 s");
        }
        return child.Healthy || (!child.Listens && child.ExitCode == 0)
            ? (0, $"{name} is healthy")
            : (ExitCodes.NotHealthy, $"{name} ended with exit code {child.ExitCode}; see {child.LogFile}");
    }

    private void Caught(PosixSignalContext signal, int code)
    {
        signal.Cancel = true;
        End(code);
    }

    private void End(int code)
    {
        if (!stop.IsCancellationRequested)
        {
            exitCode = code;
            stop.Cancel();
        }
    }
}
