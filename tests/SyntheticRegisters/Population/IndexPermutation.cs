namespace HealthDataNode.SyntheticRegisters.Population;

/// <summary>
/// A keyed permutation of 0 .. size-1: a Feistel network over 24 bits, walked until it lands inside. Two persons
/// never get the same slot, without a set of those already given.
/// </summary>
internal sealed class IndexPermutation
{
    private const int HalfBits = 12;
    private const uint HalfMask = (1 << HalfBits) - 1;
    private const int Rounds = 6;
    private readonly uint _size;
    private readonly ulong[] _keys = new ulong[Rounds];

    public IndexPermutation(ulong seed, int size)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, 1 << (2 * HalfBits));
        _size = (uint)size;
        for (var round = 0; round < Rounds; round++)
            _keys[round] = Randomness.Mix(seed + (ulong)(round + 1) * 0x9E3779B97F4A7C15);
    }

    public int At(int index)
    {
        var value = (uint)index;
        do value = Once(value);
        while (value >= _size);
        return (int)value;
    }

    private uint Once(uint value)
    {
        var (left, right) = (value >> HalfBits, value & HalfMask);
        foreach (var key in _keys)
            (left, right) = (right, left ^ ((uint)Randomness.Mix(key ^ right) & HalfMask));
        return left << HalfBits | right;
    }
}
