using System.Buffers;
using System.Buffers.Text;
using System.Text;
using HealthDataNode.Protocol.Identifiers;
using HealthDataNode.Protocol.Pseudonyms;

namespace HealthDataNode.ReferenceSpe.Airlock.Checking;

/// <summary>
/// Looks at every byte of a file, whatever it is said to be, for person identifiers and pseudonyms: as text, as UTF-16
/// or UTF-32 (where every digit stands between zero bytes), as the hex of the digits, a pseudonym as base64 too. Memory
/// is two buffers.
/// </summary>
internal sealed class ByteScan(PseudonymSet pseudonyms)
{
    private const int Chunk = 1 << 20;

    // What the longest of all forms takes: 32 digits in UTF-32, and room around it.
    private const int Overlap = 192;
    private const int Base64Length = 22;
    private const byte IsHex = 1;
    private const byte IsBase64 = 2;
    private static readonly byte[] Classes = MakeClasses();

    private readonly byte[] buffer = new byte[Overlap + Chunk];
    private readonly byte[] packed = new byte[Overlap + Chunk];

    public void Scan(Stream file, string name, Findings findings)
    {
        var carried = 0;
        var start = 0L;
        while (true)
        {
            var read = file.ReadAtLeast(buffer.AsSpan(carried, Chunk), Chunk, throwOnEndOfStream: false);
            var isLast = read < Chunk;
            var window = buffer.AsSpan(0, carried + read);
            var edges = new Edges(start == 0, isLast);
            Look(window, edges, at => start + at, name, findings);
            if (window.Contains((byte)0))
            {
                var from = start;
                var zeros = packed.AsSpan(0, WithoutZeros(window, packed));
                Look(zeros, edges, at => from + Unpacked(at, carried + read), name, findings);
            }

            if (isLast)
            {
                return;
            }

            start += window.Length - Overlap;
            window[^Overlap..].CopyTo(buffer);
            carried = Overlap;
        }
    }

    /// <summary>A short text, such as the name of a packed file.</summary>
    public void Scan(string text, string name, Findings findings)
    {
        using var bytes = new MemoryStream(Encoding.UTF8.GetBytes(text));
        Scan(bytes, name, findings);
    }

    private static byte[] MakeClasses()
    {
        var classes = new byte[256];
        foreach (var c in "0123456789abcdefABCDEF")
        {
            classes[c] |= IsHex;
        }

        foreach (var c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_")
        {
            classes[c] |= IsBase64;
        }

        return classes;
    }

    private static int WithoutZeros(ReadOnlySpan<byte> window, byte[] to)
    {
        var length = 0;
        foreach (var b in window)
        {
            to[length] = b;
            length += b == 0 ? 0 : 1;
        }

        return length;
    }

    private int Unpacked(int at, int length)
    {
        var seen = -1;
        for (var i = 0; i < length; i++)
        {
            seen += buffer[i] == 0 ? 0 : 1;
            if (seen == at)
            {
                return i;
            }
        }

        return length;
    }

    private readonly record struct Edges(bool IsFirst, bool IsLast);

    private void Look(ReadOnlySpan<byte> window, Edges edges, Func<int, long> place, string name, Findings findings)
    {
        LookForIdentifiers(window, edges, place, name, findings);
        int hex = 0,
            base64 = 0;
        for (var i = 0; i <= window.Length; i++)
        {
            var kind = i < window.Length ? Classes[window[i]] : 0;
            if ((kind & IsHex) != 0)
            {
                hex++;
            }
            else
            {
                if (hex >= PseudonymSet.ShortestPrefix)
                {
                    LookAtHex(window.Slice(i - hex, hex), i - hex, place, name, findings);
                }

                hex = 0;
            }

            if ((kind & IsBase64) != 0)
            {
                base64++;
            }
            else
            {
                if (base64 == Base64Length && IsPseudonym(window.Slice(i - Base64Length, Base64Length)))
                {
                    findings.Add(Rules.Pseudonyms, name, $"byte {place(i - Base64Length)}");
                }

                base64 = 0;
            }
        }
    }

    // At an edge the neighbours that decide are not here; the overlap shows it again with them.
    private static void LookForIdentifiers(ReadOnlySpan<byte> window, Edges edges, Func<int, long> place, string name, Findings findings)
    {
        var from = 0;
        while (IdentifierScanner.IndexOf(window[from..]) is >= 0 and var found)
        {
            var at = from + found;
            var isWhole = (at > 0 || edges.IsFirst) && (at + PersonIdentifier.Length + 1 < window.Length || edges.IsLast);
            if (isWhole)
            {
                findings.Add(Rules.Identifiers, name, $"byte {place(at)}");
            }

            from = at + PersonIdentifier.Length;
        }
    }

    private void LookAtHex(ReadOnlySpan<byte> run, int start, Func<int, long> place, string name, Findings findings)
    {
        for (var i = 0; i + PseudonymSet.ShortestPrefix <= run.Length; i++)
        {
            if (pseudonyms.HasPrefix(run.Slice(i, PseudonymSet.ShortestPrefix)))
            {
                findings.Add(Rules.Pseudonyms, name, $"byte {place(start + i)}");
                break;
            }
        }

        // The hex of eleven ASCII digits: 3x, eleven times.
        Span<byte> text = stackalloc byte[PersonIdentifier.Length];
        for (var i = 0; i + (2 * text.Length) <= run.Length; i++)
        {
            var digits = 0;
            while (digits < text.Length && run[i + (2 * digits)] == '3' && run[i + (2 * digits) + 1] is >= (byte)'0' and <= (byte)'9')
            {
                text[digits] = run[i + (2 * digits) + 1];
                digits++;
            }

            if (digits == text.Length && PersonIdentifier.TryParse(text, out _))
            {
                findings.Add(Rules.Identifiers, name, $"byte {place(start + i)}");
                return;
            }
        }
    }

    private bool IsPseudonym(ReadOnlySpan<byte> base64)
    {
        Span<byte> url = stackalloc byte[Base64Length];
        Span<byte> block = stackalloc byte[Block.Size];
        for (var i = 0; i < url.Length; i++)
        {
            url[i] = base64[i] switch
            {
                (byte)'+' => (byte)'-',
                (byte)'/' => (byte)'_',
                var other => other,
            };
        }

        return Base64Url.DecodeFromUtf8(url, block, out _, out var written) == OperationStatus.Done
            && written == Block.Size
            && pseudonyms.Contains(block);
    }
}
