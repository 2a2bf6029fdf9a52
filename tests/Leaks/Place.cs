namespace HealthDataNode.Leaks;

/// <summary>Something to search: its name as the table has it, and where to read it.</summary>
/// <param name="Name">Relative to DIR, `database:NAME` of a dump, `also:NAME` of another file.</param>
/// <param name="File">The file.</param>
internal sealed record Place(string Name, FileInfo File)
{
    /// <summary>Bytes; none of what is gone again.</summary>
    public long Size => File.Exists ? File.Length : 0;

    public static IEnumerable<Place> In(DirectoryInfo data, DirectoryInfo? dumps, IEnumerable<FileInfo> also)
    {
        foreach (var file in Below(data).Where(file => dumps is null || !IsBelow(file, dumps)))
        {
            yield return new(Path.GetRelativePath(data.FullName, file.FullName), file);
        }
        foreach (var dump in dumps?.EnumerateFiles("*.sql") ?? [])
        {
            yield return new($"database:{Path.GetFileNameWithoutExtension(dump.Name)}", dump);
        }
        foreach (var file in also)
        {
            yield return new($"also:{file.Name}", file);
        }
    }

    // Not what the framework offers: a running stack's folders go while they are listed.
    private static List<FileInfo> Below(DirectoryInfo top)
    {
        var files = new List<FileInfo>();
        var folders = new Stack<DirectoryInfo>([top]);
        while (folders.TryPop(out var folder))
        {
            try
            {
                foreach (var entry in folder.EnumerateFileSystemInfos().Where(entry => entry.LinkTarget is null))
                {
                    if (entry is DirectoryInfo next)
                    {
                        folders.Push(next);
                    }
                    else
                    {
                        files.Add((FileInfo)entry);
                    }
                }
            }
            catch (DirectoryNotFoundException)
            {
                // Gone again.
            }
        }
        return files;
    }

    private static bool IsBelow(FileInfo file, DirectoryInfo folder) =>
        file.FullName.StartsWith(folder.FullName.TrimEnd('/') + "/", StringComparison.Ordinal);
}
