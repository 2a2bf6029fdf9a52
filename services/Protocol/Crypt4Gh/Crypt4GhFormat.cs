using System.Buffers.Binary;
using System.Security.Cryptography;

namespace HealthDataNode.Protocol.Crypt4Gh;

/// <summary>Crypt4GH version 1 as GA4GH specifies it, in the profile of this node: sizes and the header.</summary>
internal static class Crypt4GhFormat
{
    public const int SegmentSize = 65_536;
    public const int NonceSize = 12;
    public const int TagSize = 16;
    public const int SealedSegmentSize = NonceSize + SegmentSize + TagSize;
    public const int PreambleSize = 16;
    public const int PacketSize = 4 + 4 + EncryptionKey.Size + NonceSize + PacketBodySize + TagSize;
    public const int HeaderSize = PreambleSize + PacketSize;

    // type, method, data key
    private const int PacketBodySize = 4 + 4 + 32;

    // A stranger's count and lengths are judged before anything is allocated for them.
    private const int MaximumPackets = 16;
    private const int MaximumPacketSize = 65_536;

    private static ReadOnlySpan<byte> Magic => "crypt4gh"u8;

    /// <summary>Writes the whole header, 124 bytes: one packet with one data key.</summary>
    public static void WriteHeader(
        Span<byte> header,
        EncryptionKey writer,
        ReadOnlySpan<byte> recipient,
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> dataKey
    )
    {
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], 1); // version
        BinaryPrimitives.WriteUInt32LittleEndian(header[12..], 1); // packets
        var packet = header[PreambleSize..HeaderSize];
        BinaryPrimitives.WriteUInt32LittleEndian(packet, PacketSize); // counts itself
        BinaryPrimitives.WriteUInt32LittleEndian(packet[4..], 0); // X25519, ChaCha20-Poly1305
        var writerPublicKey = writer.PublicKey;
        writerPublicKey.CopyTo(packet[8..]);
        nonce.CopyTo(packet[40..]);

        Span<byte> body = stackalloc byte[PacketBodySize];
        Span<byte> key = stackalloc byte[32];
        try
        {
            body.Clear(); // packet type 0 (data key), method 0 (ChaCha20-Poly1305)
            dataKey.CopyTo(body[8..]);
            writer.HeaderKey(recipient, recipient, writerPublicKey, key);
            using var cipher = new ChaCha20Poly1305(key);
            cipher.Encrypt(nonce, body, packet.Slice(52, PacketBodySize), packet[(52 + PacketBodySize)..]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(body);
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>Reads magic, version and the number of packets.</summary>
    public static int ReadPreamble(ReadOnlySpan<byte> preamble)
    {
        if (!preamble.StartsWith(Magic))
        {
            throw new ProtocolException("crypt4gh-malformed", "This is no Crypt4GH file.");
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(preamble[8..]) != 1)
        {
            throw new ProtocolException("crypt4gh-version", "Only Crypt4GH version 1 is read.");
        }

        var packets = BinaryPrimitives.ReadUInt32LittleEndian(preamble[12..]);
        return packets is > 0 and <= MaximumPackets
            ? (int)packets
            : throw new ProtocolException("crypt4gh-header", "The header has no packets or too many.");
    }

    /// <summary>Reads a packet's length field; the length counts the field itself.</summary>
    public static int ReadPacketLength(ReadOnlySpan<byte> field, int index)
    {
        var length = BinaryPrimitives.ReadUInt32LittleEndian(field);
        return length is >= 4 + 4 and <= MaximumPacketSize
            ? (int)length
            : throw new ProtocolException("crypt4gh-header", "A header packet has an impossible length.", index);
    }

    /// <summary>
    /// Opens one packet (without its length field) into <paramref name="dataKey"/>. The profile has one recipient and
    /// one data key, so a packet for somebody else, an edit list or a second data key refuses the file.
    /// </summary>
    public static void OpenPacket(ReadOnlySpan<byte> packet, int index, EncryptionKey reader, Span<byte> dataKey)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(packet) != 0 || packet.Length < 4 + 32 + NonceSize + 4 + TagSize)
        {
            throw new ProtocolException("crypt4gh-header", "A header packet's encryption method is unknown.", index);
        }

        var writerPublicKey = packet.Slice(4, 32);
        var nonce = packet.Slice(36, NonceSize);
        var sealedBody = packet[48..^TagSize];
        // No secret lies on the heap longer than this call: packets of ours are 40 bytes, others are refused anyhow.
        var body = new byte[sealedBody.Length];
        Span<byte> key = stackalloc byte[32];
        try
        {
            reader.HeaderKey(writerPublicKey, reader.PublicKey, writerPublicKey, key);
            using (var cipher = new ChaCha20Poly1305(key))
            {
                cipher.Decrypt(nonce, sealedBody, packet[^TagSize..], body);
            }

            switch (BinaryPrimitives.ReadUInt32LittleEndian(body))
            {
                case 0 when index > 0:
                    throw new ProtocolException("crypt4gh-several-keys", "The header has several data keys.", index);
                case 0 when body.Length == PacketBodySize && BinaryPrimitives.ReadUInt32LittleEndian(body.AsSpan(4)) == 0:
                    body.AsSpan(8).CopyTo(dataKey);
                    break;
                case 1:
                    throw new ProtocolException("crypt4gh-edit-list", "Edit lists are refused.", index);
                default:
                    throw new ProtocolException("crypt4gh-header", "A header packet's kind is unknown.", index);
            }
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw new ProtocolException(
                "crypt4gh-not-for-this-key",
                "A header packet cannot be opened with the recipient's key.",
                index,
                inner: e
            );
        }
        finally
        {
            CryptographicOperations.ZeroMemory(body);
            CryptographicOperations.ZeroMemory(key);
        }
    }

    public static ProtocolException Truncated(long? segment = null) =>
        new("crypt4gh-truncated", "The Crypt4GH file ends too early.", segment);
}
