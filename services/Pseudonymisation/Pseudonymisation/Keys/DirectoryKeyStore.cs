using System.Security.Cryptography;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Protocol.Trust;

namespace HealthDataNode.Pseudonymisation.Keys;

/// <summary>One file of mode 0600 per lineage under <c>Keys:Permits</c>, else <c>permits</c> below the party's own keys.</summary>
internal sealed class DirectoryKeyStore(IConfiguration configuration, KeyTap tap) : IPermitKeyStore
{
    private readonly Lock gate = new();
    private readonly string directory =
        configuration["Keys:Permits"]
        ?? Path.Combine(configuration["Party:Keys"] ?? throw new InvalidOperationException("Party__Keys is not set."), "permits");

    public void Ensure(string lineage)
    {
        lock (gate)
        {
            if (File.Exists(PathOf(lineage)))
            {
                return;
            }
            using var key = PermitKey.Generate();
            Span<byte> raw = stackalloc byte[PermitKey.Size];
            key.CopyTo(raw);
            tap.Keep(lineage, raw);
            PrivateFile.Write(PathOf(lineage), raw);
            CryptographicOperations.ZeroMemory(raw);
        }
    }

    public PermitKey? Find(string lineage)
    {
        try
        {
            var raw = File.ReadAllBytes(PathOf(lineage));
            try
            {
                return new PermitKey(raw);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(raw);
            }
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    public ShreddedPlaces Shred(string lineage)
    {
        lock (gate)
        {
            var mirrors = Mirrors.Of(directory);
            Delete(PathOf(lineage));
            // A mirror that was declared lost and is found again holds a key all the same.
            var away = mirrors.Where(mirror => mirror.IsThere ? !IsDeletedAt(mirror) : !mirror.IsLost).ToList();
            return new(
                [Path.GetFullPath(directory), .. mirrors.Select(mirror => mirror.Place), .. tap.PlacesOf(lineage)],
                [.. away.Select(mirror => mirror.Directory)]
            );

            // One that cannot be written to is waited for like one that is away.
            bool IsDeletedAt(Mirror mirror)
            {
                try
                {
                    Delete(Path.Combine(mirror.Directory, $"{lineage}.key"));
                    return true;
                }
                catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
                {
                    return false;
                }
            }
        }
    }

    private static void Delete(string path)
    {
        if (!File.Exists(path))
        {
            return;
        }
        // Overwriting does not reach what a disk or a snapshot kept: production has an HSM (architecture.md §4).
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Write))
        {
            file.Write(new byte[PermitKey.Size]);
            file.Flush(flushToDisk: true);
        }
        File.Delete(path);
    }

    private string PathOf(string lineage) => Path.Combine(directory, $"{lineage}.key");
}
