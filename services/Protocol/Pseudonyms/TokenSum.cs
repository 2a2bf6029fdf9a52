using System.Buffers.Binary;

namespace HealthDataNode.Protocol.Pseudonyms;

/// <summary>
/// Count and sum modulo 2^128 of tokens read as big-endian numbers: how the tokens issued and the tokens re-keyed of
/// an order are compared without keeping either.
/// </summary>
public readonly record struct TokenSum(long Count, UInt128 Sum)
{
    /// <summary>With these whole 16-byte tokens added.</summary>
    public TokenSum Add(ReadOnlySpan<byte> tokens)
    {
        var sum = Sum;
        for (var at = 0; at < tokens.Length; at += Block.Size)
        {
            sum += BinaryPrimitives.ReadUInt128BigEndian(tokens[at..]);
        }

        return new(Count + tokens.Length / Block.Size, sum);
    }

    /// <summary>Both together.</summary>
    public TokenSum Add(TokenSum other) => new(Count + other.Count, Sum + other.Sum);

    /// <summary>The sum, 32 lower-case hex digits.</summary>
    public string SumHex => Sum.ToString("x32");

    /// <summary>Reads what a database keeps.</summary>
    public static TokenSum From(long count, string sumHex) =>
        new(count, UInt128.Parse(sumHex, System.Globalization.NumberStyles.AllowHexSpecifier));
}
