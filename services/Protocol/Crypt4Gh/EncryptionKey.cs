using System.Security.Cryptography;
using NSec.Cryptography;

namespace HealthDataNode.Protocol.Crypt4Gh;

/// <summary>
/// An X25519 private key, held in libsodium's guarded memory. On disk it is the base64 of its 32 raw bytes.
/// Prints as <c>***</c>; disposing it erases it.
/// </summary>
public sealed class EncryptionKey : IDisposable
{
    /// <summary>Bytes of a private and of a public key.</summary>
    public const int Size = 32;

    private static readonly KeyAgreementAlgorithm X25519 = KeyAgreementAlgorithm.X25519;

    private readonly Key key;

    private EncryptionKey(Key key) => this.key = key;

    /// <summary>The raw public key, 32 bytes; a fresh copy at each call.</summary>
    public byte[] PublicKey => key.PublicKey.Export(KeyBlobFormat.RawPublicKey);

    // A ref struct, so no field.
    private static KeyCreationParameters Exportable => new() { ExportPolicy = KeyExportPolicies.AllowPlaintextExport };

    /// <summary>A new random key.</summary>
    public static EncryptionKey Generate() => new(Key.Create(X25519, Exportable));

    /// <summary>Takes 32 raw private bytes; the caller erases its own copy.</summary>
    /// <exception cref="ProtocolException"><c>encryption-key-malformed</c>.</exception>
    public static EncryptionKey FromBytes(ReadOnlySpan<byte> privateKey) =>
        Key.TryImport(X25519, privateKey, KeyBlobFormat.RawPrivateKey, out var key, Exportable) ? new(key!) : throw Malformed();

    /// <summary>Reads the form <see cref="ToBase64"/> writes; white space around it is ignored.</summary>
    /// <exception cref="ProtocolException"><c>encryption-key-malformed</c>.</exception>
    public static EncryptionKey FromBase64(string text)
    {
        Span<byte> raw = stackalloc byte[Size + 3];
        try
        {
            return Convert.TryFromBase64String(text.Trim(), raw, out var written) && written == Size
                ? FromBytes(raw[..Size])
                : throw Malformed();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(raw);
        }
    }

    /// <summary>Reads a key file: base64 of 32 raw bytes, one line.</summary>
    /// <exception cref="ProtocolException"><c>encryption-key-malformed</c>.</exception>
    public static EncryptionKey FromFile(string path) => FromBase64(File.ReadAllText(path));

    /// <summary>The private key as base64, for a file of mode 0600 and nothing else.</summary>
    public string ToBase64()
    {
        var raw = key.Export(KeyBlobFormat.RawPrivateKey);
        try
        {
            return Convert.ToBase64String(raw);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(raw);
        }
    }

    /// <summary>Always <c>***</c>.</summary>
    public override string ToString() => "***";

    /// <summary>Erases the private key.</summary>
    public void Dispose() => key.Dispose();

    /// <summary>
    /// Crypt4GH's header key: the first half of BLAKE2b-512(X25519 ‖ reader's public key ‖ writer's public key), what
    /// libsodium's crypto_kx gives the reader as its receiving and the writer as its sending key.
    /// </summary>
    internal void HeaderKey(ReadOnlySpan<byte> other, ReadOnlySpan<byte> reader, ReadOnlySpan<byte> writer, Span<byte> headerKey)
    {
        Span<byte> input = stackalloc byte[3 * Size];
        Span<byte> hash = stackalloc byte[64];
        byte[]? raw = null;
        try
        {
            if (!NSec.Cryptography.PublicKey.TryImport(X25519, other, KeyBlobFormat.RawPublicKey, out var publicKey))
            {
                throw BadPublicKey();
            }

            // Null: a point of small order, whose shared secret everybody knows.
            using var shared =
                X25519.Agree(key, publicKey!, new() { ExportPolicy = KeyExportPolicies.AllowPlaintextExport }) ?? throw BadPublicKey();
            raw = shared.Export(SharedSecretBlobFormat.RawSharedSecret);
            raw.CopyTo(input);
            reader.CopyTo(input[Size..]);
            writer.CopyTo(input[(2 * Size)..]);
            NSec.Cryptography.HashAlgorithm.Blake2b_512.Hash(input, hash);
            hash[..Size].CopyTo(headerKey);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(raw);
            CryptographicOperations.ZeroMemory(input);
            CryptographicOperations.ZeroMemory(hash);
        }
    }

    private static ProtocolException Malformed() => new("encryption-key-malformed", "An X25519 private key is the base64 of 32 bytes.");

    private static ProtocolException BadPublicKey() => new("public-key-unusable", "The X25519 public key is malformed or of small order.");
}
