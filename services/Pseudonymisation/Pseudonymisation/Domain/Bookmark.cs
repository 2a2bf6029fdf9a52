using HealthDataNode.Protocol.Pseudonyms;

namespace HealthDataNode.Pseudonymisation.Domain;

/// <summary>
/// Where a part or batch ended, so that the next begins above it. It is kept under the order's token key: the database
/// alone gives away neither an identifier nor a person token.
/// </summary>
internal static class Bookmark
{
    /// <summary>What is kept of a last record of at most one block.</summary>
    public static byte[] Of(ReadOnlySpan<byte> record, BatchCipher token)
    {
        var block = new byte[Block.Size];
        record.CopyTo(block);
        token.Encrypt(block, block);
        return block;
    }

    /// <summary>The record again.</summary>
    public static byte[] Open(byte[] bookmark, int size, BatchCipher token)
    {
        var block = new byte[Block.Size];
        token.Decrypt(bookmark, block);
        return block[..size];
    }
}
