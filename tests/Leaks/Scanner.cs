using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HealthDataNode.Leaks;

/// <summary>Takes what the scanner found: kind, where in the stream it begins, and in which form.</summary>
internal delegate void Report(Kind kind, long offset, string form);

/// <summary>
/// Reads a stream once, in chunks, and looks for everything wanted: as it stands, and in every stretch that could be
/// hex, base64 or UTF-16 read as what it stands for, these in each other too. Linear in what it reads.
/// </summary>
/// <remarks>Base64 is read from each of four starts and hex from both, so that what stands in the middle is found too.</remarks>
internal sealed class Scanner(Wanted wanted, Report report)
{
    private const int Chunk = 1 << 20;

    // Longest written form of anything that is looked for, and what is looked at before it to know that it begins there.
    private const int After = 8192;
    private const int Before = 128;
    private const int Depth = 3;
    private const int ShortestWide = 10;

    private readonly byte[] buffer = new byte[Before + Chunk + After];
    private readonly Layer[] layers = [.. Enumerable.Range(0, Depth).Select(_ => new Layer(Before + Chunk + After))];

    /// <summary>Reads to the end; returns how many bytes that was.</summary>
    public long Read(Stream stream)
    {
        var start = 0L; // the buffer's first byte in the stream
        var filled = 0;
        var from = 0; // the first byte of the buffer at which a find counts
        while (true)
        {
            filled += stream.ReadAtLeast(buffer.AsSpan(filled), buffer.Length - filled, throwOnEndOfStream: false);
            var last = filled < buffer.Length;
            var to = last ? filled : filled - After;
            Look(
                buffer.AsSpan(0, filled),
                0,
                (kind, at, form) =>
                {
                    if (at >= from && at < to)
                    {
                        report(kind, start + at, form);
                    }
                },
                ""
            );
            if (last)
            {
                return start + filled;
            }
            var keep = to - Before;
            buffer.AsSpan(keep, filled - keep).CopyTo(buffer);
            (start, filled, from) = (start + keep, filled - keep, Before);
        }
    }

    private void Look(ReadOnlySpan<byte> text, int depth, Action<Kind, int, string> found, string form)
    {
        LookForBlocks(text, found, form);
        LookForNumbers(text, found, form);
        if (depth < Depth)
        {
            LookThroughDigits(Notation.Hex, text, depth, found, form);
            LookThroughDigits(Notation.Base64, text, depth, found, form);
            LookThroughWide(text, depth, found, form);
        }
    }

    private void LookForBlocks(ReadOnlySpan<byte> text, Action<Kind, int, string> found, string form)
    {
        ref var first = ref MemoryMarshal.GetReference(text);
        for (var at = 0; at + Wanted.Window <= text.Length; at++)
        {
            var low = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref first, at));
            if (low == 0)
            {
                // Most of a database's pages: on to where something begins again.
                var zeros = text[at..].IndexOfAnyExcept((byte)0);
                at = zeros < 0 ? text.Length : at + zeros - 8;
            }
            else if (wanted.MayBegin(low) && wanted.Begins(text[at..], out _) is { } kind)
            {
                found(kind, at, Named(form, "raw"));
            }
        }
    }

    private void LookForNumbers(ReadOnlySpan<byte> text, Action<Kind, int, string> found, string form)
    {
        var at = 0;
        while (true)
        {
            var next = text[at..].IndexOfAnyInRange((byte)'0', (byte)'9');
            if (next < 0)
            {
                return;
            }
            at += next;
            var end = text[at..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            end = end < 0 ? text.Length : at + end;
            if (end - at >= 22)
            {
                LookInRecords(text, at, end, found, form);
            }
            else if (end - at <= 11 && !IsInWord(text, at, end))
            {
                LookAtNumber(text, at, end, found, form);
            }
            at = end;
        }
    }

    // A whole number, or one in groups with one character between, that begins here.
    private void LookAtNumber(ReadOnlySpan<byte> text, int at, int end, Action<Kind, int, string> found, string form)
    {
        var (number, length) = (0UL, 0);
        var position = at;
        while (true)
        {
            for (; position < end; position++, length++)
            {
                number = (number * 10) + (ulong)(text[position] - '0');
            }
            if (length > 11)
            {
                return;
            }
            if (wanted.Lengths.Contains(length) && wanted.IsIdentifier(number, length))
            {
                found(Kind.Identifier, at, Named(form, position - at == length ? "raw" : "spaced"));
            }
            var gap = Gap(text[position..]);
            position += gap;
            if (gap == 0 || position >= text.Length || !char.IsAsciiDigit((char)text[position]))
            {
                return;
            }
            end = text[position..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            end = end < 0 ? text.Length : position + end;
            if (end - position + length > 11)
            {
                return;
            }
        }
    }

    // Space, hyphen, point, or a space that does not break (in UTF-8 or Latin-1).
    private static int Gap(ReadOnlySpan<byte> text) =>
        text switch
        {
            [(byte)' ' or (byte)'-' or (byte)'.' or 0xA0, ..] => 1,
            [0xC2, 0xA0, ..] => 2,
            _ => 0,
        };

    // Records of fixed length stand one behind the other: an identifier counts beside another or beside eleven zeros.
    // One alone within a longer number is chance.
    private void LookInRecords(ReadOnlySpan<byte> text, int at, int end, Action<Kind, int, string> found, string form)
    {
        for (var here = at; here + 11 <= end; here++)
        {
            if (Is(text, here, at, end) && (Is(text, here + 11, at, end) || Is(text, here - 11, at, end) || Zeros(text, here + 11, end)))
            {
                found(Kind.Identifier, here, Named(form, "raw"));
            }
        }
    }

    private bool Is(ReadOnlySpan<byte> text, int here, int from, int end)
    {
        if (here < from || here + 11 > end)
        {
            return false;
        }
        var number = 0UL;
        foreach (var digit in text.Slice(here, 11))
        {
            number = (number * 10) + (ulong)(digit - '0');
        }
        return wanted.IsIdentifier(number, 11);
    }

    private static bool Zeros(ReadOnlySpan<byte> text, int here, int end) =>
        here + 11 <= end && !text.Slice(here, 11).ContainsAnyExcept((byte)'0');

    // Digits within a long word of hex are a piece of a digest; as what the hex stands for it is looked at elsewhere.
    private static bool IsInWord(ReadOnlySpan<byte> text, int at, int end)
    {
        var from = at;
        while (from > 0 && end - from < 32 && Notation.Hex.Values[text[from - 1]] >= 0)
        {
            from--;
        }
        while (end < text.Length && end - from < 32 && Notation.Hex.Values[text[end]] >= 0)
        {
            end++;
        }
        return end - from >= 32;
    }

    // Every stretch of digits, over the separators that may stand in it, read from each start at which a byte may begin.
    private void LookThroughDigits(Notation of, ReadOnlySpan<byte> text, int depth, Action<Kind, int, string> found, string form)
    {
        var layer = layers[depth];
        var at = 0;
        while (true)
        {
            var next = text[at..].IndexOfAny(of.Digits);
            if (next < 0)
            {
                return;
            }
            at += next;
            layer.Clear();
            var position = at;
            for (; position < text.Length; position++)
            {
                if (of.Values[text[position]] is >= 0 and var value)
                {
                    layer.AddDigit(value, position);
                }
                else if (!of.GoesOn(text[position..], layer.Digits))
                {
                    break;
                }
            }
            if (layer.Digits >= of.Shortest)
            {
                for (var start = 0; start < of.Starts; start++)
                {
                    layer.Decode(start, of.Bits);
                    Inside(layer, depth, found, Named(form, of.Name));
                }
            }
            at = position;
        }
    }

    private void LookThroughWide(ReadOnlySpan<byte> text, int depth, Action<Kind, int, string> found, string form)
    {
        var layer = layers[depth];
        for (var at = 0; at + (2 * ShortestWide) <= text.Length + 1; at++)
        {
            if (text[at] == 0)
            {
                var zeros = text[at..].IndexOfAnyExcept((byte)0);
                if (zeros < 0)
                {
                    return;
                }
                at += zeros - 1;
                continue;
            }
            if (!IsText(text[at]) || at + 1 >= text.Length || text[at + 1] != 0)
            {
                continue;
            }
            layer.Clear();
            var position = at;
            for (; position + 1 < text.Length && IsText(text[position]) && text[position + 1] == 0; position += 2)
            {
                layer.AddByte(text[position], position);
            }
            if (layer.Length + 1 < ShortestWide)
            {
                continue;
            }
            Inside(layer, depth, found, Named(form, "UTF-16"));
            if (position < text.Length && IsText(text[position]))
            {
                // In the other byte order the last character's zero stood before it.
                layer.AddByte(text[position], position);
                Inside(layer, depth, found, Named(form, "UTF-16"));
            }
            at = position;
        }
    }

    private static bool IsText(byte value) => value is >= 0x20 and < 0x7f;

    private void Inside(Layer layer, int depth, Action<Kind, int, string> found, string form) =>
        Look(layer.Bytes, depth + 1, (kind, at, inner) => found(kind, layer.Origin(at), inner), form);

    // "UTF-16 in base64" is what was base64 of UTF-16.
    private static string Named(string outer, string inner) =>
        (outer, inner) switch
        {
            ("", _) => inner,
            (_, "raw") => outer,
            _ => $"{inner} in {outer}",
        };

    /// <summary>What a stretch stands for, and where each of its bytes came from.</summary>
    private sealed class Layer(int capacity)
    {
        private readonly sbyte[] digits = new sbyte[capacity];
        private readonly int[] positions = new int[capacity];
        private readonly byte[] bytes = new byte[capacity];
        private readonly int[] origins = new int[capacity];

        public int Digits { get; private set; }
        public int Length { get; private set; }
        public ReadOnlySpan<byte> Bytes => bytes.AsSpan(0, Length);

        public int Origin(int at) => origins[at];

        public void Clear() => (Digits, Length) = (0, 0);

        public void AddDigit(sbyte value, int position)
        {
            digits[Digits] = value;
            positions[Digits++] = position;
        }

        public void AddByte(byte value, int position)
        {
            bytes[Length] = value;
            origins[Length++] = position;
        }

        /// <summary>The bytes that the digits from one on stand for; each began at the digit before the one that completes it.</summary>
        public void Decode(int start, int bitsOfDigit)
        {
            Length = 0;
            var (bits, count) = (0, 0);
            for (var at = start; at < Digits; at++)
            {
                bits = ((bits << bitsOfDigit) | (byte)digits[at]) & 0xFFFFFF;
                count += bitsOfDigit;
                if (count >= 8)
                {
                    count -= 8;
                    AddByte((byte)(bits >> count), positions[at - 1]);
                }
            }
        }
    }
}
