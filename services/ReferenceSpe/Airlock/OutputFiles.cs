using System.Security.Cryptography;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.ReferenceSpe.Workspaces;

namespace HealthDataNode.ReferenceSpe.Airlock;

/// <summary>The files of a request, in the airlock's own part of the room: no job writes there.</summary>
internal sealed class OutputFiles(WorkspaceFolders folders)
{
    public string Folder(Output output) => Path.Combine(folders.Outputs(output.Lineage), output.Id, "files");

    /// <summary>Where files are unpacked and converted while they are checked.</summary>
    public string Scratch(Output output) => Path.Combine(folders.Outputs(output.Lineage), output.Id, "scratch");

    public string PathOf(Output output, string name) => Path.Combine(Folder(output), name);

    public static ReleasedFile Describe(string path, string type)
    {
        using var file = File.OpenRead(path);
        return new ReleasedFile(Path.GetFileName(path), type, file.Length, Convert.ToHexStringLower(SHA256.HashData(file)));
    }

    /// <summary>Whether every file is, byte for byte, the one that was checked.</summary>
    public bool AreAsChecked(Output output) =>
        output.Files.All(file => PathOf(output, file.Name) is var path && File.Exists(path) && Describe(path, file.Type) == file);
}
