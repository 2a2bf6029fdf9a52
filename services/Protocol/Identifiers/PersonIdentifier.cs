using System.Diagnostics.CodeAnalysis;

namespace HealthDataNode.Protocol.Identifiers;

/// <summary>What a valid person identifier is; the flags combine (D and H, D and synthetic).</summary>
[Flags]
public enum IdentifierKind
{
    /// <summary>An ordinary fødselsnummer.</summary>
    Fnr = 0,

    /// <summary>D-number: the day is raised by 40.</summary>
    DNumber = 1,

    /// <summary>H-number: the month is raised by 40.</summary>
    HNumber = 2,

    /// <summary>Never issued to a person (Tenor, Test-Norge): the month is raised by 80.</summary>
    Synthetic = 4,
}

/// <summary>Which checksum rule a number follows.</summary>
public enum IdentifierRule
{
    /// <summary>Both control digits exact, and a century that the individual number gives.</summary>
    Current,

    /// <summary>From 2032 the first control digit may be off by up to three and there is no century.</summary>
    From2032,
}

/// <summary>
/// A Norwegian person identifier of 11 digits, <c>d1d2 m1m2 y1y2 i1i2i3 k1k2</c>, whose date and control digits are
/// valid by the current or the 2032 rule. Prints as <c>***</c>; the digits come out by <see cref="WriteDigits"/> alone.
/// Ordered as its digits are. The default value is no identifier.
/// </summary>
public readonly struct PersonIdentifier : IEquatable<PersonIdentifier>, IComparable<PersonIdentifier>
{
    /// <summary>Digits of an identifier.</summary>
    public const int Length = 11;

    private readonly ulong number;

    private PersonIdentifier(ulong number, IdentifierRule rule, IdentifierKind kind)
    {
        this.number = number;
        Rule = rule;
        Kind = kind;
    }

    /// <summary>The current rule where the number obeys it, else the one of 2032.</summary>
    public IdentifierRule Rule { get; }

    /// <summary>Kind by the raised day and month.</summary>
    public IdentifierKind Kind { get; }

    /// <summary>Whether the number is of a form never issued to a person; the only one allowed outside production.</summary>
    public bool IsSynthetic => (Kind & IdentifierKind.Synthetic) != 0;

    /// <summary>Equal digits.</summary>
    public static bool operator ==(PersonIdentifier left, PersonIdentifier right) => left.Equals(right);

    /// <summary>Different digits.</summary>
    public static bool operator !=(PersonIdentifier left, PersonIdentifier right) => !left.Equals(right);

    /// <summary>Earlier in the order of the digits.</summary>
    public static bool operator <(PersonIdentifier left, PersonIdentifier right) => left.number < right.number;

    /// <summary>Later in the order of the digits.</summary>
    public static bool operator >(PersonIdentifier left, PersonIdentifier right) => left.number > right.number;

    /// <summary>Equal or earlier.</summary>
    public static bool operator <=(PersonIdentifier left, PersonIdentifier right) => left.number <= right.number;

    /// <summary>Equal or later.</summary>
    public static bool operator >=(PersonIdentifier left, PersonIdentifier right) => left.number >= right.number;

    /// <summary>Reads exactly 11 ASCII digits, valid by either rule; no space or hyphen.</summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, out PersonIdentifier identifier) =>
        TryParse(utf8, IdentifierRule.From2032, out identifier);

    /// <summary>Reads exactly 11 ASCII digits, valid by <paramref name="rule"/>; the rule of 2032 includes the current.</summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, IdentifierRule rule, out PersonIdentifier identifier)
    {
        identifier = default;
        if (utf8.Length != Length || utf8.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        Span<int> d = stackalloc int[Length];
        var number = 0UL;
        for (var i = 0; i < Length; i++)
        {
            d[i] = utf8[i] - '0';
            number = number * 10 + (uint)d[i];
        }

        var sum1 = 3 * d[0] + 7 * d[1] + 6 * d[2] + d[3] + 8 * d[4] + 9 * d[5] + 4 * d[6] + 5 * d[7] + 2 * d[8];
        var sum2 = 5 * d[0] + 4 * d[1] + 3 * d[2] + 2 * d[3] + 7 * d[4] + 6 * d[5] + 5 * d[6] + 4 * d[7] + 3 * d[8] + 2 * d[9];
        var rest = (sum1 + d[9]) % 11;
        if (rest > 3 || (sum2 + d[10]) % 11 != 0)
        {
            return false;
        }

        var kind = IdentifierKind.Fnr;
        var day = 10 * d[0] + d[1];
        if (day > 40)
        {
            day -= 40;
            kind |= IdentifierKind.DNumber;
        }

        var month = 10 * d[2] + d[3];
        if (month > 80)
        {
            month -= 80;
            kind |= IdentifierKind.Synthetic;
        }
        else if (month > 40)
        {
            month -= 40;
            kind |= IdentifierKind.HNumber;
        }

        var year = 10 * d[4] + d[5];
        if (month is < 1 or > 12 || day < 1)
        {
            return false;
        }

        var century = Century(100 * d[6] + 10 * d[7] + d[8], year);
        if (rest == 0 && century is { } c && day <= DateTime.DaysInMonth(c + year, month))
        {
            identifier = new(number, IdentifierRule.Current, kind);
            return true;
        }

        // Numbers of the new rule carry no century: 29 February stands where some century has it.
        if (rule == IdentifierRule.Current || day > DateTime.DaysInMonth(2000 + year, month))
        {
            return false;
        }

        identifier = new(number, IdentifierRule.From2032, kind);
        return true;
    }

    /// <summary>Reads exactly 11 digits, valid by either rule.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out PersonIdentifier identifier) =>
        TryParse(text, IdentifierRule.From2032, out identifier);

    /// <summary>Reads exactly 11 digits, valid by <paramref name="rule"/>.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, IdentifierRule rule, out PersonIdentifier identifier)
    {
        identifier = default;
        if (text is not { Length: Length })
        {
            return false;
        }

        Span<byte> utf8 = stackalloc byte[Length];
        for (var i = 0; i < Length; i++)
        {
            utf8[i] = text[i] is >= '0' and <= '9' ? (byte)text[i] : (byte)0;
        }

        return TryParse(utf8, rule, out identifier);
    }

    /// <summary>Reads exactly 11 digits, valid by either rule.</summary>
    /// <exception cref="ProtocolException"><c>identifier-invalid</c>; the text is not in the message.</exception>
    public static PersonIdentifier Parse(string text) => TryParse(text, out var identifier) ? identifier : throw Invalid();

    /// <summary>Reads exactly 11 ASCII digits, valid by either rule.</summary>
    /// <exception cref="ProtocolException"><c>identifier-invalid</c>; the text is not in the message.</exception>
    public static PersonIdentifier Parse(ReadOnlySpan<byte> utf8) => TryParse(utf8, out var identifier) ? identifier : throw Invalid();

    /// <summary>Writes the 11 ASCII digits, for records and blocks; never for a log.</summary>
    /// <param name="digits">At least 11 bytes.</param>
    public void WriteDigits(Span<byte> digits)
    {
        var rest = number;
        for (var i = Length - 1; i >= 0; i--)
        {
            (rest, var digit) = Math.DivRem(rest, 10);
            digits[i] = (byte)('0' + digit);
        }
    }

    /// <summary>Always <c>***</c>.</summary>
    public override string ToString() => "***";

    /// <inheritdoc/>
    public bool Equals(PersonIdentifier other) => number == other.number;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is PersonIdentifier other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => number.GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(PersonIdentifier other) => number.CompareTo(other.number);

    // Individual numbers and years as Skatteetaten assigned them; null where none was.
    private static int? Century(int individual, int year) =>
        individual switch
        {
            < 500 => 1900,
            _ when year < 40 => 2000,
            < 750 when year >= 54 => 1800,
            >= 900 => 1900,
            _ => null,
        };

    private static ProtocolException Invalid() =>
        new("identifier-invalid", "This is no person identifier by the current or the 2032 rule.");
}
