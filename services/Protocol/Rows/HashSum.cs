using System.Buffers.Binary;

namespace HealthDataNode.Protocol.Rows;

/// <summary>A sum of SHA-256 values modulo 2^256, as big-endian numbers: it does not depend on their order.</summary>
internal struct HashSum
{
    private UInt128 high;
    private UInt128 low;

    public void Add(ReadOnlySpan<byte> hash) =>
        Add(BinaryPrimitives.ReadUInt128BigEndian(hash), BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));

    public void Add(HashSum other) => Add(other.high, other.low);

    public readonly void CopyTo(Span<byte> sum)
    {
        BinaryPrimitives.WriteUInt128BigEndian(sum, high);
        BinaryPrimitives.WriteUInt128BigEndian(sum[16..], low);
    }

    public override readonly string ToString()
    {
        Span<byte> sum = stackalloc byte[32];
        CopyTo(sum);
        return Convert.ToHexStringLower(sum);
    }

    private void Add(UInt128 otherHigh, UInt128 otherLow)
    {
        low = unchecked(low + otherLow);
        high = unchecked(high + otherHigh + (low < otherLow ? UInt128.One : UInt128.Zero));
    }
}
