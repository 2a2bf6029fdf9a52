using System.Security.Cryptography;

namespace HealthDataNode.Protocol.Pseudonyms;

/// <summary>
/// AES-256 over many 16-byte blocks, each for itself: a keyed permutation of the block space. Every block is another
/// person's, so equal blocks are meant to give equal results, and ECB, which leaks equality, is exactly what is wanted;
/// it is no way to encrypt anything else. One call a batch: a call costs a microsecond, a block some nanoseconds.
/// Not safe for several threads.
/// </summary>
public sealed class BatchCipher : IDisposable
{
    // A slice that stays in the second-level cache between reading and writing.
    private const int Slice = 256 * 1024;

    private readonly Aes aes = Aes.Create();

    /// <summary>Takes a 256-bit key; the caller erases its own copy.</summary>
    public BatchCipher(ReadOnlySpan<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, PermitKey.Size);
        aes.SetKey(key);
    }

    /// <summary>Encrypts whole blocks; <paramref name="output"/> may be <paramref name="blocks"/> itself.</summary>
    public void Encrypt(ReadOnlySpan<byte> blocks, Span<byte> output)
    {
        Check(blocks, output);
        for (var at = 0; at < blocks.Length; at += Slice)
        {
            var length = Math.Min(Slice, blocks.Length - at);
            aes.EncryptEcb(blocks.Slice(at, length), output.Slice(at, length), PaddingMode.None);
        }
    }

    /// <summary>Decrypts whole blocks; <paramref name="output"/> may be <paramref name="blocks"/> itself.</summary>
    public void Decrypt(ReadOnlySpan<byte> blocks, Span<byte> output)
    {
        Check(blocks, output);
        for (var at = 0; at < blocks.Length; at += Slice)
        {
            var length = Math.Min(Slice, blocks.Length - at);
            aes.DecryptEcb(blocks.Slice(at, length), output.Slice(at, length), PaddingMode.None);
        }
    }

    /// <summary>Always <c>***</c>.</summary>
    public override string ToString() => "***";

    /// <summary>Erases the key.</summary>
    public void Dispose() => aes.Dispose();

    private static void Check(ReadOnlySpan<byte> blocks, Span<byte> output)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(blocks.Length % Block.Size, 0);
        ArgumentOutOfRangeException.ThrowIfLessThan(output.Length, blocks.Length);
    }
}
