using HealthDataNode.Protocol.Crypt4Gh;

namespace HealthDataNode.Pseudonymisation.Keys;

/// <summary>Pseudonymisation's own encryption key, to which holders seal identifiers.</summary>
internal sealed class NodeKey(IConfiguration configuration) : IDisposable
{
    public EncryptionKey Key { get; } =
        EncryptionKey.FromFile(
            Path.Combine(configuration["Party:Keys"] ?? throw new InvalidOperationException("Party__Keys is not set."), "encryption-1.key")
        );

    public void Dispose() => Key.Dispose();
}
