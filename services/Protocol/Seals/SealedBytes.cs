using System.Security.Cryptography;

namespace HealthDataNode.Protocol.Seals;

/// <summary>Length and SHA-256 of a Crypt4GH file.</summary>
/// <param name="Length">Bytes.</param>
/// <param name="Sha256">Lower-case hex.</param>
public readonly record struct SealedBytes(long Length, string Sha256)
{
    /// <summary>Of bytes in memory.</summary>
    /// <param name="bytes">The file's bytes.</param>
    public static SealedBytes Of(ReadOnlySpan<byte> bytes) => new(bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)));

    /// <summary>Of what is left of a stream.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="cancel">Stops reading.</param>
    public static async Task<SealedBytes> OfAsync(Stream stream, CancellationToken cancel = default)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[128 * 1024];
        var length = 0L;
        int read;
        while ((read = await stream.ReadAsync(buffer, cancel)) > 0)
        {
            hash.AppendData(buffer, 0, read);
            length += read;
        }

        return new SealedBytes(length, Convert.ToHexStringLower(hash.GetCurrentHash()));
    }

    /// <summary>Of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancel">Stops reading.</param>
    public static async Task<SealedBytes> OfFileAsync(string path, CancellationToken cancel = default)
    {
        await using var stream = new FileStream(
            path,
            FileMode.Open,
            FileAccess.Read,
            FileShare.ReadWrite,
            1,
            FileOptions.SequentialScan | FileOptions.Asynchronous
        );
        return await OfAsync(stream, cancel);
    }
}
