using System.Security.Cryptography;
using System.Text.Json;
using HealthDataNode.Protocol.Documents;

namespace HealthDataNode.Protocol.Trust;

/// <summary>A private P-256 key. It prints as <c>***</c>.</summary>
public sealed class SigningKey : IDisposable
{
    private readonly Lock gate = new();
    private readonly ECDsa key;

    private SigningKey(ECDsa key)
    {
        this.key = key;
        PublicKey = PublicJwk.Of(key);
    }

    /// <summary>The public half.</summary>
    public PublicJwk PublicKey { get; }

    /// <summary>RFC 7638 thumbprint of the public half.</summary>
    public string Thumbprint => PublicKey.Thumbprint;

    /// <summary>Makes a key.</summary>
    public static SigningKey Create() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Reads a key.</summary>
    /// <param name="pem">PKCS#8 PEM.</param>
    /// <exception cref="CryptographicException">It is no P-256 private key.</exception>
    public static SigningKey FromPem(string pem)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            var parameters = key.ExportParameters(true);
            CryptographicOperations.ZeroMemory(parameters.D);
            return key.KeySize == 256 && parameters.Curve.Oid.Value == "1.2.840.10045.3.1.7"
                ? new SigningKey(key)
                : throw new CryptographicException("The key is not on P-256.");
        }
        catch (ArgumentException e)
        {
            key.Dispose();
            throw new CryptographicException("The PEM holds no private key.", e);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>Reads a key from a file.</summary>
    /// <param name="path">A PKCS#8 PEM file.</param>
    public static SigningKey Load(string path) => FromPem(File.ReadAllText(path));

    /// <summary>Reads a key from a file, or makes it and writes it there with mode 0600.</summary>
    /// <param name="path">A PKCS#8 PEM file.</param>
    public static SigningKey LoadOrCreate(string path)
    {
        if (File.Exists(path))
        {
            return Load(path);
        }

        var made = Create();
        made.Save(path);
        return made;
    }

    /// <summary>Writes the key with mode 0600, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    public void Save(string path) => PrivateFile.Write(path, key.ExportPkcs8PrivateKeyPem() + "\n");

    /// <summary>Signs a document; its kind is in the type.</summary>
    /// <typeparam name="T">The kind of document.</typeparam>
    /// <param name="payload">What it says.</param>
    /// <param name="kid">The name of this key, see <see cref="KeyStatement.KidOf"/>.</param>
    /// <exception cref="ArgumentException">The payload breaks a rule of its kind.</exception>
    public SignedDocument<T> Sign<T>(T payload, string kid)
        where T : class, IDocument<T>
    {
        if (payload.Fault() is { } fault)
        {
            throw new ArgumentException($"This {T.Typ} would be refused: {fault}.", nameof(payload));
        }

        var jws = Sign(JsonSerializer.SerializeToUtf8Bytes(payload, T.Json), T.Typ, kid);
        return new SignedDocument<T>(jws.Text, jws.Digest, payload, kid);
    }

    /// <summary>Signs bytes of a kind that has no type here.</summary>
    /// <param name="payload">JSON.</param>
    /// <param name="typ">The header's <c>typ</c>.</param>
    /// <param name="kid">The header's <c>kid</c>.</param>
    public Jws Sign(ReadOnlySpan<byte> payload, string typ, string kid)
    {
        lock (gate)
        {
            return Jws.Sign(payload, typ, kid, key);
        }
    }

    /// <summary>An ES256 signature (64 bytes, RFC 7518 §3.4) over any bytes.</summary>
    /// <param name="data">The bytes.</param>
    internal byte[] SignData(ReadOnlySpan<byte> data)
    {
        lock (gate)
        {
            return key.SignData(data, HashAlgorithmName.SHA256);
        }
    }

    /// <summary>Never the key.</summary>
    public override string ToString() => "***";

    /// <inheritdoc/>
    public void Dispose() => key.Dispose();
}
