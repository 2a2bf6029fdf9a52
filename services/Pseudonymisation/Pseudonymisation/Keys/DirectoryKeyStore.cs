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
        ?? Path.Combine(
            configuration["Party:Keys"] ?? throw new InvalidOperationException("Party__Keys is not set."),
            "permits"
        );

    public string Place => Path.GetFullPath(directory);

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

    public void Shred(string lineage)
    {
        lock (gate)
        {
            var path = PathOf(lineage);
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
    }

    private string PathOf(string lineage) => Path.Combine(directory, $"{lineage}.key");
}
