using System.IO.Enumeration;
using HealthDataNode.ReferenceSpe.State;

namespace HealthDataNode.ReferenceSpe.Jobs;

/// <summary>A job's folder: made anew at each attempt, so that nothing of an attempt before stands in it.</summary>
internal static class JobFolder
{
    public static void Prepare(string folder, string sql)
    {
        PrivateFolder.Create(folder);
        var query = Path.Combine(folder, "query.sql");
        File.WriteAllText(query, sql);
        LetRead(query);
        OpenToJobs(folder);
    }

    /// <summary>The job is nobody, who owns nothing here. Folders above are closed: only the sandbox leads in.</summary>
    public static void OpenToJobs(string folder)
    {
        if (!OperatingSystem.IsWindows())
        {
            const UnixFileMode everybody =
                UnixFileMode.UserRead
                | UnixFileMode.UserWrite
                | UnixFileMode.UserExecute
                | UnixFileMode.GroupRead
                | UnixFileMode.GroupWrite
                | UnixFileMode.GroupExecute
                | UnixFileMode.OtherRead
                | UnixFileMode.OtherWrite
                | UnixFileMode.OtherExecute;
            File.SetUnixFileMode(folder, everybody);
        }
    }

    /// <summary>Lets jobs read a file that a sandbox leads to, whatever the umask was.</summary>
    public static void LetRead(string file)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }
    }

    /// <summary>What lies in a room's jobs' folders; no link is followed.</summary>
    public static long BytesIn(string jobs) =>
        new FileSystemEnumerable<long>(
            jobs,
            (ref entry) => entry.IsDirectory ? 0 : entry.Length,
            new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }
        ).Sum();

    /// <summary>Closes it again.</summary>
    public static void Close(string folder)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>Whether there is a result: a plain file, not a link to somebody else's.</summary>
    public static bool HasResult(string folder) =>
        new FileInfo(Path.Combine(folder, "result.parquet")) is { Exists: true, LinkTarget: null, Length: > 0 };
}
