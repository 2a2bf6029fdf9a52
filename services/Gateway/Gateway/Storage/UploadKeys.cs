using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Trust;

namespace HealthDataNode.Gateway.Storage;

/// <summary>
/// The key store of upload keys: a file <c>ORDER.key</c> of mode 0600 for each open order under <c>Keys:Uploads</c>
/// (else <c>uploads</c> below the party's own keys), beside no database, so that a backup of one holds no key.
/// </summary>
internal sealed class UploadKeys(IConfiguration configuration)
{
    private readonly string directory =
        configuration["Keys:Uploads"]
        ?? Path.Combine(configuration["Party:Keys"] ?? throw new InvalidOperationException("Party__Keys is not set."), "uploads");

    /// <summary>The order's key; made where there is none yet, so that a crash in between makes no second one.</summary>
    public EncryptionKey Obtain(string order)
    {
        if (Find(order) is { } known)
        {
            return known;
        }
        var made = EncryptionKey.Generate();
        PrivateFile.Write(PathOf(order), made.ToBase64() + "\n");
        return made;
    }

    /// <summary>The order's key, or null where it was destroyed.</summary>
    public EncryptionKey? Find(string order) => File.Exists(PathOf(order)) ? EncryptionKey.FromFile(PathOf(order)) : null;

    /// <summary>Destroys the key; safe to repeat.</summary>
    public void Destroy(string order) => File.Delete(PathOf(order));

    private string PathOf(string order) => Path.Combine(directory, order + ".key");
}
