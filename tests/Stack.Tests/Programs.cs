using System.Diagnostics;
using System.Runtime.InteropServices;

namespace HealthDataNode.Stack.Tests;

/// <summary>Programs beside the tests: what must be installed, and how they are started and ended.</summary>
internal static partial class Programs
{
    private const int Terminate = 15;

    /// <summary>Which program is missing, as a sentence; null where all are there.</summary>
    public static string? Missing { get; } = FindMissing();

    /// <summary>Runs a program (a .dll by dotnet) to its end.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(string program, string[] arguments)
    {
        using var process = Process.Start(Start(program, arguments, []))!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output + await errors);
    }

    /// <summary>Starts a program that is ended with these tests, even where they are killed.</summary>
    public static Task<Process> StartOwnedAsync(string program, string[] arguments, Dictionary<string, string> environment)
    {
        var start = Start(program, arguments, environment);
        start.ArgumentList.Insert(0, start.FileName);
        start.ArgumentList.Insert(0, "TERM");
        start.ArgumentList.Insert(0, "--pdeathsig");
        start.FileName = "setpriv";
        start.RedirectStandardOutput = false;
        start.RedirectStandardError = false;
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        // The signal is sent when the thread ends that forked, not the process: this one waits as long as its child lives.
        var thread = new Thread(() =>
        {
            var process = Process.Start(start)!;
            started.SetResult(process);
            process.WaitForExit();
        })
        {
            IsBackground = true,
        };
        thread.Start();
        return started.Task;
    }

    /// <summary>SIGTERM, and SIGKILL where that is not enough.</summary>
    public static async Task EndAsync(Process process)
    {
        if (process.HasExited)
        {
            return;
        }
        _ = SendSignal(process.Id, Terminate);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
        }
    }

    public static ProcessStartInfo Start(string program, string[] arguments, Dictionary<string, string> environment)
    {
        var managed = program.EndsWith(".dll", StringComparison.Ordinal);
        var start = new ProcessStartInfo(managed ? "dotnet" : program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in managed ? [program, .. arguments] : arguments)
        {
            start.ArgumentList.Add(argument);
        }
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }
        return start;
    }

    private static string? FindMissing()
    {
        if (!OperatingSystem.IsLinux())
        {
            return "The stack runs on Linux.";
        }
        (string Package, bool There)[] needed =
        [
            ("postgresql-15", Exists("/usr/lib/postgresql", "initdb") || OnPath("initdb")),
            ("rabbitmq-server", Exists("/usr/lib/rabbitmq/lib", "rabbitmq-server")),
            ("bubblewrap", OnPath("bwrap")),
            ("util-linux", OnPath("setpriv") && OnPath("flock") && OnPath("unshare")),
        ];
        var missing = needed.Where(program => !program.There).Select(program => program.Package).ToList();
        return missing.Count == 0
            ? null
            : $"The stack cannot run here; install with: apt-get install --no-install-recommends {string.Join(' ', missing)}";
    }

    private static bool Exists(string folder, string name) =>
        Directory.Exists(folder) && Directory.EnumerateFiles(folder, name, SearchOption.AllDirectories).Any();

    private static bool OnPath(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, name)));

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SendSignal(int pid, int signal);
}
