using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;

namespace HealthDataNode.Protocol.Documents;

/// <summary>A public key as a JWK (RFC 7517): P-256 for signatures or X25519 (RFC 8037) for sealing.</summary>
public sealed record PublicJwk
{
    /// <summary><c>EC</c> or <c>OKP</c>.</summary>
    public required string Kty { get; init; }

    /// <summary><c>P-256</c> or <c>X25519</c>.</summary>
    public required string Crv { get; init; }

    /// <summary>The x coordinate, or the X25519 public key; 32 bytes in base64url.</summary>
    public required string X { get; init; }

    /// <summary>The y coordinate of a P-256 key; 32 bytes in base64url.</summary>
    public string? Y { get; init; }

    /// <summary>Whether it is a signing key.</summary>
    [JsonIgnore]
    public bool IsSigning => Kty == "EC";

    /// <summary>SHA-256 over the canonical members (RFC 7638), in base64url.</summary>
    [JsonIgnore]
    public string Thumbprint =>
        Base64UrlText.Encode(
            SHA256.HashData(
                Encoding.UTF8.GetBytes(
                    IsSigning
                        ? $$"""{"crv":"{{Crv}}","kty":"{{Kty}}","x":"{{X}}","y":"{{Y}}"}"""
                        : $$"""{"crv":"{{Crv}}","kty":"{{Kty}}","x":"{{X}}"}"""
                )
            )
        );

    /// <summary>The JWK of a P-256 key.</summary>
    /// <param name="key">The key; only its public half is read.</param>
    public static PublicJwk Of(ECDsa key)
    {
        var q = key.ExportParameters(false).Q;
        return new PublicJwk
        {
            Kty = "EC",
            Crv = "P-256",
            X = Base64UrlText.Encode(q.X),
            Y = Base64UrlText.Encode(q.Y),
        };
    }

    /// <summary>The JWK of an X25519 public key.</summary>
    /// <param name="x25519">Its 32 bytes.</param>
    public static PublicJwk Of(ReadOnlySpan<byte> x25519) =>
        x25519.Length == 32
            ? new PublicJwk
            {
                Kty = "OKP",
                Crv = "X25519",
                X = Base64UrlText.Encode(x25519),
            }
            : throw new ArgumentException("An X25519 public key has 32 bytes.", nameof(x25519));

    /// <summary>The P-256 key, to verify with.</summary>
    /// <exception cref="CryptographicException">The point is not on the curve.</exception>
    public ECDsa ToEcdsa() =>
        ECDsa.Create(
            new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new ECPoint { X = Base64UrlText.Decode(X), Y = Base64UrlText.Decode(Y) },
            }
        );

    /// <summary>The 32 bytes of an X25519 public key.</summary>
    public byte[] ToX25519() => IsSigning ? throw new InvalidOperationException("A signing key seals nothing.") : Base64UrlText.Decode(X);

    internal bool IsSound() =>
        (Kty, Crv) switch
        {
            ("EC", "P-256") => Rule.Is32Bytes(X) && Rule.Is32Bytes(Y) && IsOnCurve(),
            ("OKP", "X25519") => Rule.Is32Bytes(X) && Y is null,
            _ => false,
        };

    private bool IsOnCurve()
    {
        try
        {
            using var key = ToEcdsa();
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
