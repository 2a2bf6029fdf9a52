namespace Aspire.Hosting.Offline;

/// <summary>Where the stack keeps what it writes: DIR of `--data`. One stack to a folder, held by a lock.</summary>
internal sealed class StackFolder : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly FileStream held;

    public StackFolder(string path)
    {
        Root = Create(Path.GetFullPath(path));
        Logs = Create(Path.Combine(Root, "logs"));
        Control = Create(Path.Combine(Root, "control"));
        Pids = Create(Path.Combine(Root, "pids"));
        try
        {
            // flock(2) underneath, so that a shell can ask with flock(1).
            held = new FileStream(Path.Combine(Root, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new StackException(ExitCodes.NotHealthy, $"a stack already runs in {Root}; end it with: ./run stop --data {Root}");
        }
        foreach (var stale in Directory.EnumerateFiles(Control))
        {
            File.Delete(stale);
        }
        File.Delete(StackFile);
    }

    public string Root { get; }
    public string Logs { get; }
    public string Control { get; }
    public string Pids { get; }
    public string StackFile => Path.Combine(Root, "stack.json");
    public string Authority => Path.Combine(Root, "ca", "ca.pem");

    public string LogOf(string name) => Path.Combine(Logs, name + ".log");

    public string HomeOf(string name) => Create(Path.Combine(Root, "home", name));

    public string TemporaryOf(string name) => Create(Path.Combine(Root, "tmp", name));

    /// <summary>Where a launcher writes the process id of its server.</summary>
    public string PidFileOf(string name) => Path.Combine(Pids, name);

    public void Dispose() => held.Dispose();

    private static string Create(string path) => Directory.CreateDirectory(path, OwnerOnly).FullName;
}
