using System.Globalization;
using System.Text;
using HealthDataNode.Protocol.Identifiers;

namespace HealthDataNode.Protocol.Records;

/// <summary>What the population register says of a person; the record's first byte.</summary>
public enum PopulationKind : byte
{
    /// <summary>The person has another number from then on (a D-number became a fødselsnummer, say).</summary>
    NumberChange = (byte)'N',

    /// <summary>The person died.</summary>
    Death = (byte)'D',

    /// <summary>The person's address is protected: nothing of the person may be shown to anybody.</summary>
    AddressProtected = (byte)'P',

    /// <summary>The address is protected no longer.</summary>
    AddressOpen = (byte)'O',
}

/// <summary>One change, 31 ASCII bytes: kind (1), date <c>yyyymmdd</c> (8), person (11), other (11; zeros where the
/// kind has none). It prints as <c>***</c>.</summary>
/// <param name="Kind">What changed.</param>
/// <param name="Date">From when.</param>
/// <param name="Person">Whom it is about; with a number change by the number that was.</param>
/// <param name="Other">The number that stands, with a number change alone.</param>
public readonly record struct PopulationRecord(PopulationKind Kind, DateOnly Date, PersonIdentifier Person, PersonIdentifier? Other)
{
    /// <summary>Bytes of a record.</summary>
    public const int Size = 1 + DateLength + 2 * PersonIdentifier.Length;

    private const int DateLength = 8;
    private const int PersonAt = 1 + DateLength;
    private const int OtherAt = PersonAt + PersonIdentifier.Length;
    private const string DateFormat = "yyyyMMdd";

    /// <summary>Writes it.</summary>
    /// <param name="record">At least 31 bytes.</param>
    /// <exception cref="ProtocolException">It breaks a rule of its kind.</exception>
    public void Write(Span<byte> record)
    {
        record = record[..Size];
        record[0] = (byte)Kind;
        Encoding.ASCII.GetBytes(Date.ToString(DateFormat, CultureInfo.InvariantCulture), record[1..]);
        Person.WriteDigits(record[PersonAt..]);
        record[OtherAt..].Fill((byte)'0');
        Other?.WriteDigits(record[OtherAt..]);
        RecordFormat.Population.Check(record);
    }

    /// <summary>Reads a record that was checked.</summary>
    public static PopulationRecord Read(ReadOnlySpan<byte> record) =>
        new(
            (PopulationKind)record[0],
            DateOf(record) ?? throw new ProtocolException("record-date", "This is no date."),
            PersonIdentifier.Parse(record[PersonAt..OtherAt]),
            record[0] == (byte)PopulationKind.NumberChange ? PersonIdentifier.Parse(record[OtherAt..Size]) : null
        );

    /// <summary>Always <c>***</c>.</summary>
    public override string ToString() => "***";

    internal static string? Judge(ReadOnlySpan<byte> record)
    {
        var kind = (PopulationKind)record[0];
        if (!Enum.IsDefined(kind))
        {
            return "record-code-unknown";
        }

        if (DateOf(record) is null)
        {
            return "record-date";
        }

        if (!PersonIdentifier.TryParse(record[PersonAt..OtherAt], out var person))
        {
            return "record-identifier-invalid";
        }

        if (kind != PopulationKind.NumberChange)
        {
            return record[OtherAt..].ContainsAnyExcept((byte)'0') ? "record-padding" : null;
        }

        return !PersonIdentifier.TryParse(record[OtherAt..], out var other) ? "record-identifier-invalid"
            : other == person ? "record-same-person"
            : null;
    }

    private static DateOnly? DateOf(ReadOnlySpan<byte> record) =>
        DateOnly.TryParseExact(
            Encoding.ASCII.GetString(record.Slice(1, DateLength)),
            DateFormat,
            CultureInfo.InvariantCulture,
            DateTimeStyles.None,
            out var date
        )
            ? date
            : null;
}
