using System.Buffers.Text;

namespace HealthDataNode.Protocol.Rows;

/// <summary>What a column's values are. The empty field is NULL and allowed in every type.</summary>
public enum ColumnType
{
    /// <summary>Any text without characters below U+0020.</summary>
    String,

    /// <summary>Digits, maybe after one minus; fits 64 bits.</summary>
    Integer,

    /// <summary>Digits, maybe after one minus, maybe with one point between digits; at most 38 digits.</summary>
    Decimal,

    /// <summary><c>YYYY-MM-DD</c>, a real day.</summary>
    Date,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Boolean,
}

/// <summary>Names and values of the column types.</summary>
public static class ColumnTypes
{
    private const int MaximumDecimalDigits = 38;

    /// <summary>Reads <c>string</c>, <c>integer</c>, <c>decimal</c>, <c>date</c> or <c>boolean</c>.</summary>
    public static bool TryParse(string? name, out ColumnType type)
    {
        (type, var known) = name switch
        {
            "string" => (ColumnType.String, true),
            "integer" => (ColumnType.Integer, true),
            "decimal" => (ColumnType.Decimal, true),
            "date" => (ColumnType.Date, true),
            "boolean" => (ColumnType.Boolean, true),
            _ => (default, false),
        };
        return known;
    }

    /// <summary>Reads a type's name.</summary>
    /// <exception cref="ProtocolException"><c>column-type-unknown</c>.</exception>
    public static ColumnType Parse(string name) =>
        TryParse(name, out var type) ? type : throw new ProtocolException("column-type-unknown", "A column's type is not one of the five.");

    /// <summary>Whether a field has the type; the empty field always has.</summary>
    public static bool IsValid(ColumnType type, ReadOnlySpan<byte> value) =>
        value.IsEmpty
        || type switch
        {
            ColumnType.String => true,
            ColumnType.Integer => IsInteger(value),
            ColumnType.Decimal => IsDecimal(value),
            ColumnType.Date => IsDate(value),
            ColumnType.Boolean => value.SequenceEqual("true"u8) || value.SequenceEqual("false"u8),
            _ => false,
        };

    private static bool IsInteger(ReadOnlySpan<byte> value) =>
        value[0] != (byte)'+' && Utf8Parser.TryParse(value, out long _, out var used) && used == value.Length;

    private static bool IsDecimal(ReadOnlySpan<byte> value)
    {
        var number = value[0] == (byte)'-' ? value[1..] : value;
        var point = number.IndexOf((byte)'.');
        var whole = point < 0 ? number : number[..point];
        var fraction = point < 0 ? default : number[(point + 1)..];
        return !whole.IsEmpty
            && (point < 0 || !fraction.IsEmpty)
            && whole.Length + fraction.Length <= MaximumDecimalDigits
            && IsDigits(whole)
            && IsDigits(fraction);
    }

    private static bool IsDate(ReadOnlySpan<byte> value) =>
        value.Length == 10
        && value[4] == (byte)'-'
        && value[7] == (byte)'-'
        && IsDigits(value[..4])
        && IsDigits(value.Slice(5, 2))
        && IsDigits(value[8..])
        && Number(value[..4]) is > 0 and var year
        && Number(value.Slice(5, 2)) is > 0 and <= 12 and var month
        && Number(value[8..]) is > 0 and var day
        && day <= DateTime.DaysInMonth(year, month);

    private static bool IsDigits(ReadOnlySpan<byte> value) => !value.ContainsAnyExceptInRange((byte)'0', (byte)'9');

    private static int Number(ReadOnlySpan<byte> digits)
    {
        var number = 0;
        foreach (var digit in digits)
        {
            number = 10 * number + digit - '0';
        }

        return number;
    }
}
