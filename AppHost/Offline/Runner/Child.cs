using System.Diagnostics;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Offline;

/// <summary>The states of a resource, in Aspire's words.</summary>
internal enum ResourceState
{
    Waiting,
    Starting,
    Running,
    Finished,
    Exited,
    FailedToStart,
}

/// <summary>A resource as it runs: its process, its state, its health and its log.</summary>
internal sealed class Child(IResource resource, int index, StackFolder folder, ConsoleLines console)
{
    // A database writes down and flushes what it has before it ends: thousands of files, seconds on a busy disk.
    private readonly TimeSpan patience = TimeSpan.FromSeconds(resource is ExecutableResource ? 25 : 6);
    private Process? process;
    private Task following = Task.CompletedTask;
    private volatile bool stopping;

    public IResource Resource { get; } = resource;
    public string Name => Resource.Name;
    public int Index { get; } = index;
    public ResourceState State { get; private set; } = ResourceState.Waiting;
    public bool Healthy { get; private set; }
    public int? ExitCode { get; private set; }
    public TimeSpan? StartedIn { get; private set; }
    public string LogFile => folder.LogOf(Name);
    public bool IsAlive => process is { HasExited: false };

    /// <summary>Whether the resource is a server: something that listens.</summary>
    public bool Listens => Resource.Annotations.OfType<EndpointAnnotation>().Any();

    /// <summary>Raised at every change of state or health.</summary>
    public event Action? Changed;

    /// <summary>The server itself, behind a launcher the process that the launcher named.</summary>
    public int? Pid
    {
        get
        {
            if (!IsAlive)
            {
                return null;
            }
            if (Resource is ExecutableResource && File.Exists(folder.PidFileOf(Name)))
            {
                var text = File.ReadAllText(folder.PidFileOf(Name)).Trim();
                return int.TryParse(text, out var pid) ? pid : null;
            }
            return process!.Id;
        }
    }

    public async Task StartAsync(ProcessStarter starter, ProcessVariables variables, CancellationToken cancellation)
    {
        // What the process before leaves to be written down must not be taken for this one's end.
        await following;
        Become(ResourceState.Starting);
        File.Delete(folder.PidFileOf(Name));
        ExitCode = null;
        var environment = await variables.OfAsync(Resource, cancellation);
        var arguments = await ProcessVariables.ArgumentsOfAsync(Resource, cancellation);
        var (command, directory, death) = Resource switch
        {
            ExecutableResource executable => (executable.Command, executable.WorkingDirectory, "TERM"),
            _ => ("dotnet", Path.GetDirectoryName(Metadata.ProjectPath)!, "KILL"),
        };
        if (Resource is ProjectResource)
        {
            arguments.Insert(0, ((IBuiltProject)Metadata).TargetPath);
        }
        try
        {
            process = await starter.StartAsync(command, arguments, directory, environment, death);
        }
        catch (Exception fault) when (fault is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            console.State(Name, Index, fault.Message);
            Become(ResourceState.FailedToStart);
            return;
        }
        Become(ResourceState.Running);
        following = FollowAsync(process, Stopwatch.StartNew());
        if (stopping)
        {
            ProcessStarter.Signal(-process.Id, ProcessStarter.Kill);
        }
    }

    /// <summary>Whether it has ended, or is about to: a launcher outlives the server that was killed by a moment.</summary>
    public async Task<bool> HasEndedAsync(TimeSpan patience)
    {
        if (process is not { HasExited: false } launcher)
        {
            return true;
        }
        if (Pid is { } server && server != launcher.Id && !Directory.Exists($"/proc/{server}"))
        {
            await Task.WhenAny(launcher.WaitForExitAsync(), Task.Delay(patience));
        }
        return launcher.HasExited;
    }

    /// <summary>Follows health until the process ends; reports the moment when it first is healthy.</summary>
    public async Task ProbeAsync(Func<IResource, CancellationToken, Task<bool>> probe, CancellationToken cancellation)
    {
        var watched = process;
        var clock = Stopwatch.StartNew();
        while (IsAlive && process == watched && !cancellation.IsCancellationRequested)
        {
            var healthy = await probe(Resource, cancellation) && IsAlive;
            if (healthy && StartedIn is null)
            {
                StartedIn = clock.Elapsed;
            }
            if (healthy != Healthy && process == watched)
            {
                Healthy = healthy;
                console.State(Name, Index, healthy ? $"healthy after {clock.Elapsed.TotalSeconds:0.0} s" : "unhealthy");
                Changed?.Invoke();
            }
            await Task.Delay(healthy ? 5_000 : 150, cancellation).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    /// <summary>SIGTERM, and SIGKILL for whoever is there when patience ends, its descendants included.</summary>
    public async Task StopAsync()
    {
        stopping = true;
        if (process is not { } stopped)
        {
            return;
        }
        var server = Pid;
        if (!stopped.HasExited)
        {
            ProcessStarter.Signal(stopped.Id, ProcessStarter.Terminate);
            await Task.WhenAny(stopped.WaitForExitAsync(), Task.Delay(patience));
        }
        if (!stopped.HasExited)
        {
            console.State(Name, Index, $"did not end within {patience.TotalSeconds:0} s and was killed");
            ProcessStarter.Signal(-stopped.Id, ProcessStarter.Kill);
            if (server is { } pid)
            {
                ProcessStarter.Signal(pid, ProcessStarter.Kill);
            }
            await stopped.WaitForExitAsync();
        }
    }

    /// <summary>The last lines of its log.</summary>
    public IEnumerable<string> LastLines(int count) => File.Exists(LogFile) ? File.ReadLines(LogFile).TakeLast(count) : [];

    private IProjectMetadata Metadata => Resource.Annotations.OfType<IProjectMetadata>().Single();

    private async Task FollowAsync(Process followed, Stopwatch clock)
    {
        await using (var log = new StreamWriter(LogFile, append: true) { AutoFlush = true })
        {
            var writer = TextWriter.Synchronized(log);
            var reading = Task.WhenAll(CopyAsync(followed.StandardOutput, writer), CopyAsync(followed.StandardError, writer));
            await followed.WaitForExitAsync();
            // A grandchild may hold the pipe open; what the process itself wrote is there by then.
            await Task.WhenAny(reading, Task.Delay(500));
        }
        ExitCode = followed.ExitCode;
        Healthy = false;
        if (!Listens && ExitCode == 0)
        {
            // Not by the process's own start time, which cannot be read of one that has ended.
            StartedIn = clock.Elapsed;
            console.State(Name, Index, $"completed after {StartedIn.Value.TotalSeconds:0.0} s");
        }
        else if (!stopping)
        {
            console.State(Name, Index, $"ended with exit code {ExitCode}; see {LogFile}. Start it again with: ./run start {Name}");
        }
        Become(Listens && !stopping ? ResourceState.Exited : ResourceState.Finished);
    }

    private async Task CopyAsync(StreamReader from, TextWriter to)
    {
        try
        {
            while (await from.ReadLineAsync() is { } line)
            {
                await to.WriteLineAsync(line);
                console.Output(Name, Index, line);
            }
        }
        catch (ObjectDisposedException)
        {
            // The log was closed over a grandchild that still holds the pipe.
        }
    }

    private void Become(ResourceState state)
    {
        State = state;
        if (state is ResourceState.Starting)
        {
            StartedIn = null;
        }
        Changed?.Invoke();
    }
}
