using System.Text.Json;
using HealthDataNode.Protocol.Documents;

namespace HealthDataNode.Protocol.Trust;

/// <summary>The two public files of the root: <c>root.fingerprint</c>, given by hand, and <c>root.jwk</c>.</summary>
internal static class RootFiles
{
    public const string Fingerprint = "root.fingerprint";
    public const string Jwk = "root.jwk";

    public static TrustedKey Read(string fingerprintPath)
    {
        var jwkPath = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(fingerprintPath))!, Jwk);
        try
        {
            var fingerprint = File.ReadAllText(fingerprintPath).Trim();
            var jwk = JsonSerializer.Deserialize(File.ReadAllText(jwkPath), DocumentJson.Default.PublicJwk);
            return jwk is not null && jwk.IsSound() && jwk.IsSigning && jwk.Thumbprint == fingerprint
                ? new TrustedKey(StatementOf(jwk), false)
                : throw new InvalidDataException(
                    $"{jwkPath} is not the key of the fingerprint in {fingerprintPath}; get both from the node again."
                );
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            throw new InvalidDataException(
                $"The root's key cannot be read from {fingerprintPath} and {jwkPath}; run Setup, which writes both.",
                e
            );
        }
    }

    public static void Write(string directory, PublicJwk key)
    {
        PrivateFile.WritePublic(Path.Combine(directory, Jwk), JsonSerializer.Serialize(key, DocumentJson.Default.PublicJwk) + "\n");
        PrivateFile.WritePublic(Path.Combine(directory, Fingerprint), key.Thumbprint + "\n");
    }

    // The root is stated by nobody: this only carries its key.
    private static KeyStatement StatementOf(PublicJwk key) =>
        new()
        {
            Party = KeyUses.Root,
            Use = KeyUses.Root,
            Key = key,
            Sequence = 1,
            From = 0,
            To = long.MaxValue,
        };
}
