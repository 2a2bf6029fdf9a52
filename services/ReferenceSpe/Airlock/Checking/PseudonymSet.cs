using System.Buffers.Binary;
using HealthDataNode.Protocol.Pseudonyms;

namespace HealthDataNode.ReferenceSpe.Airlock.Checking;

/// <summary>
/// The pseudonyms of a room: 16 bytes each, sorted, and before them a filter of 2 MiB, since nearly nothing that is
/// asked for is in it. Prints as its number.
/// </summary>
internal sealed class PseudonymSet
{
    /// <summary>So many digits of one are taken for it: fewer are too often something else.</summary>
    public const int ShortestPrefix = 12;

    private const int FilterBits = 24;
    private readonly List<UInt128> sorted;
    private readonly ulong[] filter = new ulong[(1 << FilterBits) / 64];

    private PseudonymSet(List<UInt128> values)
    {
        values.Sort();
        sorted = values;
        foreach (var value in values)
        {
            var bit = (int)(uint)(value >> (128 - FilterBits));
            filter[bit / 64] |= 1UL << (bit % 64);
        }
    }

    public int Count => sorted.Count;

    /// <summary>Of pseudonyms in their text form; another text is passed over.</summary>
    public static PseudonymSet Of(IEnumerable<string> pseudonyms)
    {
        var values = new List<UInt128>();
        Span<byte> bytes = stackalloc byte[Block.Size];
        foreach (var text in pseudonyms)
        {
            if (
                text.Length == PseudonymText.Length
                && Convert.FromHexString(text, bytes, out _, out _) == System.Buffers.OperationStatus.Done
            )
            {
                values.Add(BinaryPrimitives.ReadUInt128BigEndian(bytes));
            }
        }

        return new PseudonymSet(values);
    }

    public bool Contains(ReadOnlySpan<byte> block) => sorted.BinarySearch(BinaryPrimitives.ReadUInt128BigEndian(block)) >= 0;

    /// <summary>Whether one begins with these hex digits, upper or lower case.</summary>
    public bool HasPrefix(ReadOnlySpan<byte> hex)
    {
        var value = UInt128.Zero;
        foreach (var digit in hex)
        {
            value = (value << 4) | (uint)Digit(digit);
        }

        var shift = 4 * (PseudonymText.Length - hex.Length);
        var first = value << shift;
        var bit = (int)(uint)(first >> (128 - FilterBits));
        if ((filter[bit / 64] & (1UL << (bit % 64))) == 0)
        {
            return false;
        }

        var at = sorted.BinarySearch(first);
        at = at < 0 ? ~at : at;
        return at < sorted.Count && sorted[at] >> shift == value;
    }

    /// <summary>The value of a hex digit.</summary>
    public static int Digit(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    public override string ToString() => $"{Count} pseudonyms";
}
