using System.Globalization;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.ReferenceSpe.Airlock.Checking;

namespace HealthDataNode.ReferenceSpe.Airlock.Alone;

/// <summary>
/// Rooms as another SPE shows them, a folder for each lineage: <c>permits/VERSION.jws</c>, <c>pseudonyms</c> (one on
/// each line) and <c>jobs/JOB/FILE</c>. Everything in it is a plain file in a plain folder; a link leads nowhere.
/// </summary>
internal sealed class FolderRooms : IAirlockRoom
{
    private readonly string root;

    public FolderRooms(IConfiguration configuration, SpeOptions options)
    {
        root = Path.GetFullPath(configuration["Rooms:Directory"] ?? throw new InvalidOperationException("Rooms__Directory is not set."));
        if (IsIn(options.Data, root) || IsIn(root, options.Data))
        {
            // What the airlock keeps of a room it deletes at its end.
            throw new InvalidOperationException("Rooms__Directory and Data__Directory must lie beside each other.");
        }
    }

    /// <summary>The lineages that there is a folder of; whether it is a room its permit says.</summary>
    public IEnumerable<string> Known() =>
        Directory.EnumerateDirectories(root).Select(folder => Path.GetFileName(folder)).Where(PermitDocument.IsLineage);

    /// <summary>The versions of the permit that are there, the oldest first.</summary>
    public IEnumerable<(int Version, FileInfo File)> Permits(string lineage) =>
        Folder(lineage, "permits") is { } folder
            ? folder
                .EnumerateFiles("*.jws")
                .Select(file => (Version: NumberOf(file), Plain(file)))
                .Where(permit => permit is { Version: > 0, Item2: not null })
                .Select(permit => (permit.Version, permit.Item2!))
                .OrderBy(permit => permit.Version)
            : [];

    public FileInfo? Find(string lineage, string job, string file) =>
        // A lineage, a job and a file have one form: that of a name without a way in it.
        PermitDocument.IsLineage(job)
        && PermitDocument.IsLineage(file)
        && Folder(lineage, "jobs", job) is { } folder
            ? Plain(new FileInfo(Path.Combine(folder.FullName, file)))
            : null;

    /// <exception cref="InvalidDataException">There are none, or what is there is not a list of them: nothing can be
    /// checked by it.</exception>
    public PseudonymSet Pseudonyms(string lineage)
    {
        if (Folder(lineage) is not { } folder || Plain(new FileInfo(Path.Combine(folder.FullName, "pseudonyms"))) is not { } file)
        {
            throw new InvalidDataException("The room has no pseudonyms.");
        }

        return PseudonymSet.Of(
            File.ReadLines(file.FullName)
                .Select(line =>
                    line.Length == PseudonymText.Length && line.All(char.IsAsciiHexDigitLower)
                        ? line
                        : throw new InvalidDataException("A line is not a pseudonym.")
                )
        );
    }

    private DirectoryInfo? Folder(string lineage, params ReadOnlySpan<string> inside)
    {
        var folder = new DirectoryInfo(Path.Combine(root, lineage));
        foreach (var name in inside)
        {
            if (folder is not { Exists: true, LinkTarget: null })
            {
                return null;
            }

            folder = new DirectoryInfo(Path.Combine(folder.FullName, name));
        }

        return folder is { Exists: true, LinkTarget: null } ? folder : null;
    }

    private static bool IsIn(string folder, string path) => !Path.GetRelativePath(folder, path).StartsWith("..", StringComparison.Ordinal);

    // Neither a link nor a pipe or a device: those have no length.
    private static FileInfo? Plain(FileInfo file) => file is { Exists: true, LinkTarget: null, Length: > 0 } ? file : null;

    private static int NumberOf(FileInfo file) =>
        int.TryParse(Path.GetFileNameWithoutExtension(file.Name), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0;
}
