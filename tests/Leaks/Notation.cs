using System.Buffers;
using System.Text;

namespace HealthDataNode.Leaks;

/// <summary>A way of writing bytes in digits, and what may stand between two of them.</summary>
internal sealed class Notation
{
    /// <summary>Over single separators, as in a UUID.</summary>
    public static readonly Notation Hex = new("hex", ["0123456789abcdef", "0123456789ABCDEF"], bits: 4, starts: 2, shortest: 20);

    /// <summary>Both alphabets; over line breaks behind a first line, as in PEM.</summary>
    public static readonly Notation Base64 = new(
        "base64",
        [
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        ],
        bits: 6,
        starts: 4,
        shortest: 14
    );

    private Notation(string name, string[] alphabets, int bits, int starts, int shortest)
    {
        (Name, Bits, Starts, Shortest) = (name, bits, starts, shortest);
        Digits = SearchValues.Create(Encoding.ASCII.GetBytes(string.Concat(alphabets)));
        Array.Fill(Values, (sbyte)-1);
        foreach (var alphabet in alphabets)
        {
            for (var value = 0; value < alphabet.Length; value++)
            {
                Values[alphabet[value]] = (sbyte)value;
            }
        }
    }

    public string Name { get; }
    public SearchValues<byte> Digits { get; }

    /// <summary>By character; -1 of what is no digit.</summary>
    public sbyte[] Values { get; } = new sbyte[256];

    /// <summary>Of a digit.</summary>
    public int Bits { get; }

    /// <summary>Digits at which a byte may begin, from the first one on.</summary>
    public int Starts { get; }

    /// <summary>Fewest digits that can hold anything looked for.</summary>
    public int Shortest { get; }

    /// <summary>Whether the digits go on behind the character that begins this text.</summary>
    public bool GoesOn(ReadOnlySpan<byte> text, int digits) =>
        text is [var gap, var next, ..]
        && (
            this == Hex
                ? gap is (byte)' ' or (byte)'-' or (byte)':' && Values[next] >= 0
                : gap is (byte)'\n' or (byte)'\r' && digits >= Shortest && (Values[next] >= 0 || next == '\n')
        );
}
