using System.Security.Cryptography;
using System.Text;

namespace HealthDataNode.Protocol.Pseudonyms;

/// <summary>
/// The 256-bit key of one lineage, from which every other key of the scheme is derived and none is stored. Prints as
/// <c>***</c>; disposing it erases this copy (shredding is the key store's work).
/// </summary>
public sealed class PermitKey : IDisposable
{
    /// <summary>Bytes of a permit key and of every derived key.</summary>
    public const int Size = 32;

    private readonly byte[] key = GC.AllocateArray<byte>(Size, pinned: true);
    private bool disposed;

    /// <summary>Takes 32 bytes; the caller erases its own copy.</summary>
    /// <exception cref="ProtocolException"><c>permit-key-malformed</c>.</exception>
    public PermitKey(ReadOnlySpan<byte> key)
    {
        if (key.Length != Size)
        {
            throw new ProtocolException("permit-key-malformed", "A permit key is 32 bytes.");
        }

        key.CopyTo(this.key);
    }

    private PermitKey() => RandomNumberGenerator.Fill(key);

    /// <summary>A new random key.</summary>
    public static PermitKey Generate() => new();

    /// <summary>The lineage's pseudonym cipher; what it encrypts is the permit pseudonym.</summary>
    /// <param name="lineage">The lineage's id.</param>
    public BatchCipher PseudonymCipher(string lineage) => Cipher("pseudonym", lineage);

    /// <summary>One order's token cipher; what it encrypts is the person token.</summary>
    /// <param name="orderDigest">The order's digest, 64 lower-case hex digits.</param>
    public BatchCipher TokenCipher(string orderDigest) => Cipher("token", orderDigest);

    /// <summary>One order's delivery cipher, whose key the SPE is given too.</summary>
    /// <param name="orderDigest">The order's digest, 64 lower-case hex digits.</param>
    public BatchCipher DeliveryCipher(string orderDigest) => Cipher("delivery", orderDigest);

    /// <summary>One order's delivery key, to be sealed to the SPE; the caller erases it.</summary>
    /// <param name="orderDigest">The order's digest, 64 lower-case hex digits.</param>
    /// <param name="deliveryKey">At least 32 bytes.</param>
    public void DeriveDeliveryKey(string orderDigest, Span<byte> deliveryKey) => Derive("delivery", orderDigest, deliveryKey);

    /// <summary>HMAC-SHA256(key, label ‖ 0x00 ‖ context ‖ 0x01): one step of HKDF-Expand (RFC 5869).</summary>
    /// <param name="label"><c>pseudonym</c>, <c>wrap</c>, <c>token</c> or <c>delivery</c>.</param>
    /// <param name="context">The lineage's id or the order's digest, ASCII.</param>
    /// <param name="derived">At least 32 bytes.</param>
    public void Derive(string label, string context, Span<byte> derived)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        var info = new byte[Encoding.UTF8.GetByteCount(label) + Encoding.UTF8.GetByteCount(context) + 2];
        var end = Encoding.UTF8.GetBytes(label, info);
        Encoding.UTF8.GetBytes(context, info.AsSpan(end + 1));
        info[^1] = 0x01;
        HMACSHA256.HashData(key, info, derived[..Size]);
    }

    /// <summary>Writes the raw key, for a key store and nothing else.</summary>
    public void CopyTo(Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        key.CopyTo(destination);
    }

    /// <summary>Always <c>***</c>.</summary>
    public override string ToString() => "***";

    /// <summary>Erases this copy.</summary>
    public void Dispose()
    {
        disposed = true;
        CryptographicOperations.ZeroMemory(key);
    }

    private BatchCipher Cipher(string label, string context)
    {
        Span<byte> derived = stackalloc byte[Size];
        try
        {
            Derive(label, context, derived);
            return new BatchCipher(derived);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(derived);
        }
    }
}
