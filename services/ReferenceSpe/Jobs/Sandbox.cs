using System.Diagnostics;
using System.Globalization;
using HealthDataNode.ReferenceSpe.State;

namespace HealthDataNode.ReferenceSpe.Jobs;

/// <summary>What a job is given of the machine.</summary>
/// <param name="Database">The workspace's file; read-only. Null where it needs none.</param>
/// <param name="Folder">The job's own folder; the only place to write.</param>
internal sealed record SandboxPlaces(string? Database, string Folder);

/// <summary>
/// A process of its own for each job, shut in by the operating system (bubblewrap): no network, no file but
/// <c>/usr</c>, this program, the workspace and the job's folder; no capability, no user with rights. DuckDB's own
/// settings come second: its makers call untrusted SQL unsafe.
/// </summary>
internal sealed class Sandbox
{
    /// <summary>The workspace inside.</summary>
    public const string Database = "/workspace.duckdb";

    /// <summary>The job's folder inside.</summary>
    public const string Folder = "/job";

    private const string Program = "/app";
    private const string Nobody = "65534";
    private const long TemporaryBytes = 16L << 20;

    // The outcome goes to descriptor 3; what a job prints stays in its folder.
    private const string Redirect = """exec 3>&1 >"$1" 2>"$2" </dev/null; shift 2; exec "$@" """;

    private static readonly string[] Needed = ["/usr/bin/prlimit", "/usr/bin/setpriv", "/bin/sh"];

    private readonly SpeOptions options;
    private readonly Lazy<Way?> way;

    private enum Way
    {
        /// <summary>We are root: bubblewrap needs no user namespace, and the job becomes nobody for real.</summary>
        Nobody,

        /// <summary>A user namespace, as an unprivileged user has it.</summary>
        UserNamespace,
    }

    public Sandbox(SpeOptions options, ILogger<Sandbox> log)
    {
        this.options = options;
        way = new Lazy<Way?>(() => Try(log));
    }

    /// <summary>Whether jobs can be shut in here; tried once, by running one.</summary>
    public bool IsAvailable => way.Value is not null;

    /// <summary>How to start a job's process.</summary>
    public ProcessStartInfo Command(SandboxPlaces places, params ReadOnlySpan<string> arguments) =>
        Command(way.Value ?? throw new InvalidOperationException("There is no sandbox."), places, arguments);

    private static string DotnetRoot =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));

    private ProcessStartInfo Command(Way how, SandboxPlaces places, ReadOnlySpan<string> arguments)
    {
        var start = new ProcessStartInfo("/bin/sh")
        {
            RedirectStandardOutput = true,
            WorkingDirectory = "/",
            UseShellExecute = false,
        };
        start.Environment.Clear();
        var memory = (long)options.JobMegabytes << 20;
        List<string> line =
        [
            "-c",
            Redirect,
            "job",
            Path.Combine(places.Folder, "stdout"),
            Path.Combine(places.Folder, "stderr"),
            "/usr/bin/prlimit",
            "--core=0",
            "--nofile=256",
            $"--data={Text(memory)}",
            $"--fsize={Text((long)options.ResultMegabytes << 20)}",
            $"--cpu={Text((long)(options.JobTime.TotalSeconds * Environment.ProcessorCount) + 10)}",
            options.Bubblewrap,
            "--die-with-parent",
            "--new-session",
            "--clearenv",
            "--cap-drop",
            "ALL",
            "--unshare-ipc",
            "--unshare-pid",
            "--unshare-net",
            "--unshare-uts",
            "--unshare-cgroup-try",
            "--proc",
            "/proc",
            "--dev",
            "/dev",
            "--ro-bind",
            "/usr",
            "/usr",
            "--size",
            Text(TemporaryBytes),
            "--tmpfs",
            "/tmp",
            "--ro-bind",
            AppContext.BaseDirectory,
            Program,
            "--bind",
            places.Folder,
            Folder,
            "--chdir",
            Folder,
        ];
        if (places.Database is not null)
        {
            line.AddRange(["--ro-bind", places.Database, Database]);
        }

        foreach (var directory in (string[])["/bin", "/lib", "/lib64"])
        {
            line.AddRange(
                new DirectoryInfo(directory) switch
                {
                    { LinkTarget: { } target } => ["--symlink", target, directory],
                    { Exists: true } => ["--ro-bind", directory, directory],
                    _ => [],
                }
            );
        }

        if (!DotnetRoot.StartsWith("/usr/", StringComparison.Ordinal))
        {
            line.AddRange(["--ro-bind", DotnetRoot, DotnetRoot]);
        }

        // The runtime's executable memory would count against the limit on files; a quarter of the memory is managed.
        foreach (
            var (name, value) in new[]
            {
                ("HOME", "/tmp"),
                ("DOTNET_EnableDiagnostics", "0"),
                ("DOTNET_EnableWriteXorExecute", "0"),
                ("DOTNET_GCHeapHardLimit", $"0x{memory / 4:x}"),
            }
        )
        {
            line.AddRange(["--setenv", name, value]);
        }

        line.AddRange(how == Way.Nobody ? BecomeNobody() : ["--unshare-user", "--uid", Nobody, "--gid", Nobody]);
        line.AddRange([Path.Combine(DotnetRoot, "dotnet"), "exec", $"{Program}/{typeof(Sandbox).Assembly.GetName().Name}.dll", "job"]);
        line.ForEach(start.ArgumentList.Add);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }

    private static string[] BecomeNobody() =>
        [
            "--cap-add",
            "CAP_SETUID",
            "--cap-add",
            "CAP_SETGID",
            "--cap-add",
            "CAP_SETPCAP",
            "/usr/bin/setpriv",
            "--reuid",
            Nobody,
            "--regid",
            Nobody,
            "--clear-groups",
            "--no-new-privs",
            "--bounding-set=-all",
            "--inh-caps=-all",
        ];

    private Way? Try(ILogger log)
    {
        if (Needed.Append(options.Bubblewrap).FirstOrDefault(file => !File.Exists(file)) is { } missing)
        {
            log.LogError("{Missing} is missing (apt-get install bubblewrap util-linux): every job is refused", missing);
            return null;
        }

        foreach (var candidate in Environment.IsPrivilegedProcess ? Enum.GetValues<Way>() : [Way.UserNamespace])
        {
            if (Works(candidate))
            {
                log.LogInformation("Jobs are shut in by bubblewrap ({Way})", candidate);
                return candidate;
            }
        }

        log.LogError("bubblewrap does not work here (are namespaces allowed?): every job is refused");
        return null;
    }

    private bool Works(Way candidate)
    {
        var folder = Path.Combine(options.Data, ".probe");
        try
        {
            PrivateFolder.Delete(folder);
            PrivateFolder.Create(folder);
            JobFolder.OpenToJobs(folder);
            var database = Path.Combine(folder, "empty");
            File.WriteAllBytes(database, []);
            var start = Command(candidate, new SandboxPlaces(database, folder), ["probe"]);
            using var process = Process.Start(start)!;
            var said = process.StandardOutput.ReadToEnd();
            return process.WaitForExit(TimeSpan.FromSeconds(20)) && process.ExitCode == 0 && said.Trim() == "ready";
        }
        finally
        {
            PrivateFolder.Delete(folder);
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
