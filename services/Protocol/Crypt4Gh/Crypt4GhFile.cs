namespace HealthDataNode.Protocol.Crypt4Gh;

/// <summary>Crypt4GH for what fits in memory, such as a key.</summary>
public static class Crypt4GhFile
{
    /// <summary>Seals bytes to a recipient's raw X25519 public key.</summary>
    /// <exception cref="ProtocolException"><c>public-key-unusable</c>.</exception>
    public static byte[] Seal(ReadOnlySpan<byte> content, ReadOnlyMemory<byte> recipientPublicKey)
    {
        using var file = new MemoryStream((int)Crypt4GhWriter.SealedLength(content.Length));
        using (var writer = new Crypt4GhWriter(file, recipientPublicKey, leaveOpen: true))
        {
            writer.Write(content);
        }

        return file.ToArray();
    }

    /// <summary>Opens what <see cref="Seal"/> made.</summary>
    /// <exception cref="ProtocolException">As <see cref="Crypt4GhReader.Read(Span{byte})"/>.</exception>
    public static byte[] Open(byte[] file, EncryptionKey key)
    {
        using var content = new MemoryStream(file.Length);
        using var reader = new Crypt4GhReader(new MemoryStream(file, writable: false), key);
        reader.CopyTo(content);
        return content.ToArray();
    }
}
