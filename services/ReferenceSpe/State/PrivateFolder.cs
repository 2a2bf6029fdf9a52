namespace HealthDataNode.ReferenceSpe.State;

/// <summary>Folders that only this program's user enters.</summary>
internal static class PrivateFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public static string Create(string path)
    {
        Directory.CreateDirectory(path);
        if (!OperatingSystem.IsWindows())
        {
            // Of one that somebody else made, too.
            File.SetUnixFileMode(path, OwnerOnly);
        }

        return path;
    }

    /// <summary>Deletes a folder with all that is in it; a link is deleted, not followed.</summary>
    public static void Delete(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
    }
}
