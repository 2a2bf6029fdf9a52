using System.Security.Cryptography;
using HealthDataNode.Protocol.Documents;

namespace HealthDataNode.ReferenceSpe.Airlock;

/// <summary>The files of a request, in the airlock's own part of the room: no job writes there.</summary>
internal static class OutputFiles
{
    public static string Folder(IAirlockRoom room, Output output) =>
        Path.Combine(room.Folder(output.Lineage), "outputs", output.Id, "files");

    /// <summary>Where files are unpacked and converted while they are checked.</summary>
    public static string Scratch(IAirlockRoom room, Output output) =>
        Path.Combine(room.Folder(output.Lineage), "outputs", output.Id, "scratch");

    public static string PathOf(IAirlockRoom room, Output output, string name) => Path.Combine(Folder(room, output), name);

    public static ReleasedFile Describe(string path, string type)
    {
        using var file = File.OpenRead(path);
        return new ReleasedFile(Path.GetFileName(path), type, file.Length, Convert.ToHexStringLower(SHA256.HashData(file)));
    }

    /// <summary>Whether every file is, byte for byte, the one that was checked.</summary>
    public static bool AreAsChecked(IAirlockRoom room, Output output) =>
        output.Files.All(file => PathOf(room, output, file.Name) is var path && File.Exists(path) && Describe(path, file.Type) == file);
}
