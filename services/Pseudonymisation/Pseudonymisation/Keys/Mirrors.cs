using HealthDataNode.Protocol.Documents;

namespace HealthDataNode.Pseudonymisation.Keys;

/// <summary>
/// The mirrors of a key store that were ever made: <c>mirrors</c> beside the keys, one directory a line. Whoever makes a
/// mirror (<c>backup</c>) writes the line first. A line <c>lost: DIRECTORY</c> declares one lost: it is named so in every
/// record of a shredding, and no longer waited for.
/// </summary>
internal static class Mirrors
{
    public const string FileName = "mirrors";

    public static IReadOnlyList<Mirror> Of(string store)
    {
        var file = Path.Combine(store, FileName);
        if (!File.Exists(file))
        {
            return [];
        }
        var lines = File.ReadAllLines(file).Select(line => line.Trim()).Where(line => line.Length > 0).Distinct().ToList();
        var lost = lines
            .Where(line => line.StartsWith(Shredding.LostPlace, StringComparison.Ordinal))
            .Select(line => line[Shredding.LostPlace.Length..].Trim())
            .ToHashSet(StringComparer.Ordinal);
        return
        [
            .. lines
                .Select(line =>
                    line.StartsWith(Shredding.LostPlace, StringComparison.Ordinal) ? line[Shredding.LostPlace.Length..].Trim() : line
                )
                .Distinct()
                .Select(directory => new Mirror(directory, lost.Contains(directory))),
        ];
    }
}

/// <summary>One mirror of the key store.</summary>
internal sealed record Mirror(string Directory, bool IsLost)
{
    /// <summary>Where it is, as the record names it.</summary>
    public string Place => IsLost ? Shredding.LostPlace + Directory : Directory;

    /// <summary>Whether it can be reached now.</summary>
    public bool IsThere => System.IO.Directory.Exists(Directory);
}
