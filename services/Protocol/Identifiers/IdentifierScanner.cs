using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace HealthDataNode.Protocol.Identifiers;

/// <summary>
/// Finds person identifiers in UTF-8 text: a run of exactly 11 digits, or of 6 and 5 with one space or hyphen between,
/// with no digit on either side, that is valid by either rule. Longer runs are other numbers. Of random numbers of 11
/// digits one in about 140 is found too, since it cannot be told from an identifier.
/// </summary>
/// <remarks>
/// Reads 64 bytes at a time and looks closer only where enough digits stand together, so give it whole rows (without
/// the person column): field separators end a run.
/// </remarks>
public static class IdentifierScanner
{
    private const int Window = 64;

    // Digits and separator of the longer form: what a window must overlap with the next, so that none is cut.
    private const int Longest = 12;

    /// <summary>Whether the text contains a person identifier.</summary>
    public static bool Contains(ReadOnlySpan<byte> utf8) => IndexOf(utf8) >= 0;

    /// <summary>Where the first person identifier begins, or -1.</summary>
    public static int IndexOf(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length < PersonIdentifier.Length)
        {
            return -1;
        }

        var start = 0;
        for (; start + Window <= utf8.Length; start += Window - Longest + 1)
        {
            var found = Look(utf8, start, Candidates(ref MemoryMarshal.GetReference(utf8[start..])));
            if (found >= 0)
            {
                return found;
            }
        }

        if (utf8.Length - start < PersonIdentifier.Length)
        {
            return -1;
        }

        Span<byte> last = stackalloc byte[Window];
        last.Clear();
        utf8[start..].CopyTo(last);
        return Look(utf8, start, Candidates(ref MemoryMarshal.GetReference(last)));
    }

    // Bit i: an identifier could begin at byte i, judged by digits and separator alone.
    private static ulong Candidates(ref byte window)
    {
        var low = Vector256.LoadUnsafe(ref window);
        var high = Vector256.LoadUnsafe(ref window, 32);
        var digits = Mask(IsDigit(low), IsDigit(high));
        var two = digits & (digits >> 1);
        var four = two & (two >> 2);
        var six = four & (two >> 4);
        if (six == 0)
        {
            return 0;
        }

        var five = four & (digits >> 4);
        var plain = six & (five >> 6);
        var separators = Mask(IsSeparator(low), IsSeparator(high));
        return plain | (six & (separators >> 6) & (five >> 7));

        static Vector256<byte> IsDigit(Vector256<byte> v) =>
            Vector256.LessThan(v - Vector256.Create((byte)'0'), Vector256.Create((byte)10));

        static Vector256<byte> IsSeparator(Vector256<byte> v) =>
            Vector256.Equals(v, Vector256.Create((byte)' ')) | Vector256.Equals(v, Vector256.Create((byte)'-'));

        static ulong Mask(Vector256<byte> low, Vector256<byte> high) =>
            low.ExtractMostSignificantBits() | ((ulong)high.ExtractMostSignificantBits() << 32);
    }

    private static int Look(ReadOnlySpan<byte> utf8, int start, ulong candidates)
    {
        for (; candidates != 0; candidates &= candidates - 1)
        {
            var at = start + BitOperations.TrailingZeroCount(candidates);
            if (IsIdentifier(utf8, at))
            {
                return at;
            }
        }

        return -1;
    }

    private static bool IsIdentifier(ReadOnlySpan<byte> utf8, int at)
    {
        if (at > 0 && char.IsAsciiDigit((char)utf8[at - 1]))
        {
            return false;
        }

        Span<byte> digits = stackalloc byte[PersonIdentifier.Length];
        var apart = char.IsAsciiDigit((char)utf8[at + 6]) ? 0 : 1;
        var end = at + PersonIdentifier.Length + apart;
        if (end < utf8.Length && char.IsAsciiDigit((char)utf8[end]))
        {
            return false;
        }

        utf8.Slice(at, 6).CopyTo(digits);
        utf8.Slice(at + 6 + apart, 5).CopyTo(digits[6..]);
        return PersonIdentifier.TryParse(digits, out _);
    }
}
