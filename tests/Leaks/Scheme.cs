using System.Security.Cryptography;
using System.Text;

namespace HealthDataNode.Leaks;

/// <summary>
/// The pseudonym scheme of architecture-docs/protocol.md 3 again, written from that page alone, so that a fault of the
/// node's own cipher does not hide what it wrote.
/// </summary>
internal sealed class Scheme : IDisposable
{
    /// <summary>Bytes of a permit key.</summary>
    public const int KeySize = 32;

    private const int Block = 16;
    private readonly byte[] permitKey;
    private readonly string lineage;
    private readonly Aes pseudonym;

    public Scheme(string lineage, byte[] permitKey)
    {
        (this.lineage, this.permitKey) = (lineage, permitKey);
        pseudonym = Cipher("pseudonym", lineage);
    }

    /// <summary>The permit pseudonyms of all these people, 16 bytes each.</summary>
    public byte[] PermitPseudonyms(IReadOnlyList<string> identifiers) => pseudonym.EncryptEcb(Blocks(identifiers), PaddingMode.None);

    /// <summary>The person tokens and the delivery pseudonyms of an order.</summary>
    public (byte[] Tokens, byte[] DeliveryPseudonyms) OfOrder(Order order, IReadOnlyList<string> identifiers)
    {
        if (order.Lineage != lineage)
        {
            throw new ArgumentException("The order belongs to another lineage.", nameof(order));
        }
        using var token = Cipher("token", order.Digest);
        using var delivery = Cipher("delivery", order.Digest);
        return (
            token.EncryptEcb(Blocks(identifiers), PaddingMode.None),
            delivery.EncryptEcb(PermitPseudonyms(identifiers), PaddingMode.None)
        );
    }

    public void Dispose()
    {
        pseudonym.Dispose();
        CryptographicOperations.ZeroMemory(permitKey);
    }

    private Aes Cipher(string label, string context)
    {
        byte[] info = [.. Encoding.ASCII.GetBytes(label), 0, .. Encoding.ASCII.GetBytes(context), 1];
        var cipher = Aes.Create();
        cipher.Key = HMACSHA256.HashData(permitKey, info);
        return cipher;
    }

    private static byte[] Blocks(IReadOnlyList<string> identifiers)
    {
        var blocks = new byte[identifiers.Count * Block];
        for (var person = 0; person < identifiers.Count; person++)
        {
            blocks[person * Block] = 1;
            Encoding.ASCII.GetBytes(identifiers[person], blocks.AsSpan((person * Block) + 1));
        }
        return blocks;
    }
}
