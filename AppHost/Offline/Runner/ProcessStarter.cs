using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Aspire.Hosting.Offline;

/// <summary>
/// Starts children that die with this process, even when it is killed: pdeathsig is sent when the *thread* that forked ends,
/// so all of them are forked by one thread that lives as long as the process. Each child leads a session of its own: Ctrl-C
/// reaches it through us, and what it leaves behind can be ended as one group.
/// </summary>
internal sealed partial class ProcessStarter : IDisposable
{
    public const int Terminate = 15;
    public const int Kill = 9;
    private readonly BlockingCollection<Action> work = [];

    public ProcessStarter()
    {
        var thread = new Thread(() =>
        {
            foreach (var action in work.GetConsumingEnumerable())
            {
                action();
            }
            // Ending this thread would end the children.
            Thread.Sleep(Timeout.Infinite);
        })
        {
            IsBackground = true,
            Name = "starter",
        };
        thread.Start();
    }

    public Task<Process> StartAsync(
        string command,
        IEnumerable<string> arguments,
        string workingDirectory,
        IReadOnlyDictionary<string, string> environment,
        string signalAtOurDeath
    )
    {
        var start = new ProcessStartInfo("/usr/bin/setpriv")
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in new[] { "--pdeathsig", signalAtOurDeath, "--", "setsid", command }.Concat(arguments))
        {
            start.ArgumentList.Add(argument);
        }
        start.Environment.Clear();
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        work.Add(() =>
        {
            try
            {
                var process = Process.Start(start)!;
                process.StandardInput.Close();
                started.SetResult(process);
            }
            catch (Exception fault) when (fault is System.ComponentModel.Win32Exception or InvalidOperationException)
            {
                started.SetException(fault);
            }
        });
        return started.Task;
    }

    /// <summary>Sends a signal to a process, or to a whole group when the id is negative.</summary>
    public static void Signal(int pid, int signal) => _ = SendSignal(pid, signal);

    public void Dispose() => work.CompleteAdding();

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SendSignal(int pid, int signal);
}
