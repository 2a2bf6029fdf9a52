using System.Security.Cryptography;

namespace HealthDataNode.Protocol.Rows;

/// <summary>
/// Row digest: the sum modulo 2^256 of the SHA-256 of each row's fields without the person column, joined by U+001F.
/// Neither the order of rows nor their division into parts changes it; a row lost, doubled or changed does.
/// </summary>
public sealed class RowDigest
{
    /// <summary>Bytes of a row hash.</summary>
    public const int HashSize = 32;

    private HashSum sum;

    /// <summary>Rows added.</summary>
    public long Rows { get; private set; }

    /// <summary>The digest, 64 lower-case hex digits.</summary>
    public string Hex => sum.ToString();

    /// <summary>Adds a row.</summary>
    /// <param name="rest"><see cref="RowReader.Rest"/>: the joined fields without the person column.</param>
    public void Add(ReadOnlySpan<byte> rest)
    {
        Span<byte> hash = stackalloc byte[HashSize];
        Add(rest, hash);
    }

    /// <summary>Adds a row and hands out its hash, for a linkage digest.</summary>
    /// <param name="rest">The joined fields without the person column.</param>
    /// <param name="rowHash">At least 32 bytes.</param>
    public void Add(ReadOnlySpan<byte> rest, Span<byte> rowHash)
    {
        SHA256.HashData(rest, rowHash);
        sum.Add(rowHash);
        Rows++;
    }

    /// <summary>Adds another's rows, for example those of another part.</summary>
    public void Add(RowDigest other)
    {
        sum.Add(other.sum);
        Rows += other.Rows;
    }
}
