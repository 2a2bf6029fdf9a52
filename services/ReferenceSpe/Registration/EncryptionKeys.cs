using System.Globalization;
using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;

namespace HealthDataNode.ReferenceSpe.Registration;

/// <summary>
/// The SPE's own X25519 keys: <c>encryption-N.key</c> (0600) and beside it the <c>spe-key</c> document, signed by the
/// signing key that permits pin. Old keys stay: an open order keeps the key that it began with.
/// </summary>
internal sealed class EncryptionKeys(SpeOptions options, DocumentSigner signer, TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(90);
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);

    /// <summary>The newest key's document; a new key where it is missing or near its end.</summary>
    public SignedDocument<SpeKey> Current()
    {
        var newest = Newest();
        if (newest > 0 && Read(newest) is { } document && time.GetUtcNow() + RenewBefore < Until(document))
        {
            return document;
        }

        // A key without its document was made just before a crash and never shown to anybody: it is used.
        var sequence = newest > 0 && !File.Exists(DocumentOf(newest)) ? newest : newest + 1;
        if (!File.Exists(KeyOf(sequence)))
        {
            using var made = EncryptionKey.Generate();
            PrivateFile.Write(KeyOf(sequence), made.ToBase64());
        }

        using var key = EncryptionKey.FromFile(KeyOf(sequence));
        var from = time.GetUtcNow().AddMinutes(-1);
        var signed = signer.Sign(
            new SpeKey
            {
                Party = options.Party,
                Key = Base64UrlText.Encode(key.PublicKey),
                Sequence = sequence,
                From = from.ToUnixTimeSeconds(),
                To = (from + Lifetime).ToUnixTimeSeconds(),
            }
        );
        PrivateFile.Write(DocumentOf(sequence), signed.Text);
        return signed;
    }

    /// <summary>The private key of a sequence; null where there is none.</summary>
    public EncryptionKey? Open(int sequence) => File.Exists(KeyOf(sequence)) ? EncryptionKey.FromFile(KeyOf(sequence)) : null;

    private static DateTimeOffset Until(SignedDocument<SpeKey> document) => DateTimeOffset.FromUnixTimeSeconds(document.Payload.To);

    private int Newest() =>
        Directory
            .EnumerateFiles(options.Keys, "encryption-*.key")
            .Select(file => Path.GetFileNameWithoutExtension(file)["encryption-".Length..])
            .Select(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0)
            .DefaultIfEmpty(0)
            .Max();

    private SignedDocument<SpeKey>? Read(int sequence)
    {
        if (!File.Exists(DocumentOf(sequence)))
        {
            return null;
        }

        var jws = Jws.Read(File.ReadAllText(DocumentOf(sequence)).Trim());
        var payload = System.Text.Json.JsonSerializer.Deserialize(jws.Payload.Span, SpeKey.Json);

        // Signed by a key that has been replaced: it is signed anew, as a new key.
        return payload is not null && jws.Kid == signer.Kid ? new SignedDocument<SpeKey>(jws.Text, jws.Digest, payload, jws.Kid) : null;
    }

    private string KeyOf(int sequence) => Path.Combine(options.Keys, $"encryption-{sequence}.key");

    private string DocumentOf(int sequence) => Path.Combine(options.Keys, $"encryption-{sequence}.jws");
}
