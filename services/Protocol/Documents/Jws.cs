using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace HealthDataNode.Protocol.Documents;

/// <summary>A JWS in compact form (RFC 7515) as the parties use it: ES256, and a header of exactly
/// <c>alg</c>, <c>typ</c> and <c>kid</c>. Read here, not yet verified.</summary>
public sealed class Jws
{
    /// <summary>The longest text that is looked at, in characters.</summary>
    public const int MaximumLength = 512 * 1024;

    private const int MaximumHeader = 1024;
    private const int SignatureLength = 64;
    private static readonly string[] Members = ["alg", "typ", "kid"];
    private readonly int signingInputLength;

    private Jws(string text, string typ, string kid, byte[] payload, byte[] signature, int signingInputLength)
    {
        Text = text;
        Typ = typ;
        Kid = kid;
        Payload = payload;
        Signature = signature;
        this.signingInputLength = signingInputLength;
    }

    /// <summary>The compact text.</summary>
    public string Text { get; }

    /// <summary>The header's <c>typ</c>.</summary>
    public string Typ { get; }

    /// <summary>The header's <c>kid</c>.</summary>
    public string Kid { get; }

    /// <summary>The payload's bytes, which nobody may trust before <see cref="Verifies"/>.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>Lower-case hex SHA-256 of the signing input: what other documents name this one by.</summary>
    public string Digest => Convert.ToHexStringLower(SHA256.HashData(SigningInput()));

    private byte[] Signature { get; }

    /// <summary>Whether a text has the form of a digest.</summary>
    /// <param name="text">What somebody sent.</param>
    public static bool IsDigest(string? text) => Rule.IsDigest(text);

    /// <summary>Signs a payload.</summary>
    /// <param name="payload">The payload's bytes, JSON.</param>
    /// <param name="typ">The kind of document.</param>
    /// <param name="kid">The name of the key.</param>
    /// <param name="key">A P-256 private key.</param>
    public static Jws Sign(ReadOnlySpan<byte> payload, string typ, string kid, ECDsa key)
    {
        var header = Encoding.UTF8.GetBytes(
            $$"""{"alg":"ES256","typ":"{{JsonEncodedText.Encode(typ)}}","kid":"{{JsonEncodedText.Encode(kid)}}"}"""
        );
        var input = Base64UrlText.Encode(header) + "." + Base64UrlText.Encode(payload);
        var signature = key.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256);
        return Read(input + "." + Base64UrlText.Encode(signature));
    }

    /// <summary>Reads a compact text and its header; the signature is not looked at.</summary>
    /// <param name="text">The compact text.</param>
    /// <exception cref="DocumentRefusedException">It is not such a text, or its header holds anything else.</exception>
    public static Jws Read(string text)
    {
        if (text is null || text.Length > MaximumLength)
        {
            throw Malformed($"it is longer than {MaximumLength} characters");
        }

        var first = text.IndexOf('.', StringComparison.Ordinal);
        var second = first < 0 ? -1 : text.IndexOf('.', first + 1);
        if (second < 0 || text.IndexOf('.', second + 1) >= 0)
        {
            throw Malformed("it has not three parts");
        }

        if (first > MaximumHeader)
        {
            throw Malformed("its header is too long");
        }

        var span = text.AsSpan();
        if (
            !Base64UrlText.TryDecode(span[..first], out var header)
            || !Base64UrlText.TryDecode(span[(first + 1)..second], out var payload)
            || !Base64UrlText.TryDecode(span[(second + 1)..], out var signature)
            || signature.Length != SignatureLength
        )
        {
            throw Malformed("a part is not base64url without padding, or the signature is not 64 bytes");
        }

        var (typ, kid) = ReadHeader(header);
        return new Jws(text, typ, kid, payload, signature, second);
    }

    /// <summary>Whether the signature is by this key.</summary>
    /// <param name="key">A P-256 public key.</param>
    public bool Verifies(ECDsa key)
    {
        lock (key)
        {
            return key.VerifyData(SigningInput(), Signature, HashAlgorithmName.SHA256);
        }
    }

    /// <summary>The kind and digest only: a document's content does not go into a log.</summary>
    public override string ToString() => $"{Typ} {Digest}";

    private byte[] SigningInput() => Encoding.ASCII.GetBytes(Text, 0, signingInputLength);

    private static (string Typ, string Kid) ReadHeader(ReadOnlySpan<byte> header)
    {
        // By hand, so that a member twice is seen: two readers that choose differently are two documents.
        var found = new Dictionary<string, string>(3, StringComparer.Ordinal);
        var reader = new Utf8JsonReader(header);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw Header("is not an object");
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                if (!Members.Contains(name))
                {
                    throw Header("holds a member other than alg, typ and kid");
                }

                if (!reader.Read() || reader.TokenType != JsonTokenType.String)
                {
                    throw Header($"has no text in {name}");
                }

                if (!found.TryAdd(name, reader.GetString()!))
                {
                    throw Header($"holds {name} twice");
                }
            }

            if (reader.TokenType != JsonTokenType.EndObject || reader.Read())
            {
                throw Header("is not one object");
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Header("is not JSON", e);
        }

        return found.Count != 3 ? throw Header("lacks alg, typ or kid")
            : found["alg"] != "ES256" ? throw Header("names another algorithm than ES256")
            : (found["typ"], found["kid"]);
    }

    private static DocumentRefusedException Malformed(string why) => new(Refusal.Malformed, $"The document is not a compact JWS: {why}.");

    private static DocumentRefusedException Header(string why, Exception? inner = null) =>
        new(Refusal.Header, $"The document's header {why}.", inner);
}
