using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using HealthDataNode.Protocol;
using HealthDataNode.Protocol.Identifiers;
using HealthDataNode.Protocol.Pseudonyms;

namespace HealthDataNode.ReferenceSpe.Airlock.Checking;

/// <summary>What the requester says a column is.</summary>
internal static class ColumnKinds
{
    /// <summary>Names the group that a row is about.</summary>
    public const string Group = "group";

    /// <summary>How many persons or events; held to the threshold.</summary>
    public const string Count = "count";

    /// <summary>A number computed over the group.</summary>
    public const string Measure = "measure";

    public static bool IsKnown(string? kind) => kind is Group or Count or Measure;
}

/// <summary>
/// A table that is to leave: a row is about a group and not a person, every count is suppressed, zero or at least the
/// threshold, nothing is said of a group whose counts are not shown, and nothing stands in it that was not declared.
/// </summary>
internal sealed class TableCheck(
    AirlockPolicy policy,
    IReadOnlyDictionary<string, string> declared,
    PseudonymSet pseudonyms,
    string file,
    Findings findings
)
{
    private const int MostColumns = 100;
    private const int LongestText = 200;

    // As many as a double is written with; more digits say nothing about a group and can say something else.
    private const int LongestNumber = 24;

    // Values that differ in so many rows of a hundred are as good as unique: a few doubles hide nothing.
    private const int NearlyAll = 95;

    private static readonly SearchValues<byte> OfNumbers = SearchValues.Create("0123456789+-.eE"u8);

    private readonly HashSet<UInt128> groups = [];
    private readonly Dictionary<int, long> counts = [];
    private readonly ArrayBufferWriter<byte> fields = new();
    private string[] kinds = [];
    private HashSet<int>[] values = [];
    private long hidden;

    public void Run(Stream csv)
    {
        var table = new CsvReader(csv);
        try
        {
            if (!table.Read())
            {
                findings.Add(Rules.Type, file);
                return;
            }

            if (!TakeHeader(table))
            {
                return;
            }

            var split = new SplitScan(kinds, pseudonyms);
            var rows = 0L;
            while (table.Read())
            {
                if (table.FieldCount != kinds.Length)
                {
                    findings.Add(Rules.Type, file, $"line {table.Line}");
                    continue;
                }

                LookAtRow(table, rows++);
                split.Look(table, (rule, place) => findings.Add(rule, file, place));
            }

            split.End(rows, (rule, place) => findings.Add(rule, file, place));
            JudgeRows(rows);
        }
        catch (ProtocolException fault)
        {
            findings.Add(Rules.Type, file, string.Create(CultureInfo.InvariantCulture, $"line {fault.Position}: {fault.Code}"));
        }
    }

    private bool TakeHeader(CsvReader table)
    {
        if (table.FieldCount > MostColumns)
        {
            findings.Add(Rules.Columns, file, "line 1");
            return false;
        }

        kinds = new string[table.FieldCount];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < kinds.Length; i++)
        {
            var name = Encoding.UTF8.GetString(table.Field(i));
            var isGood = declared.TryGetValue(name, out var kind) && seen.Add(name) && IsPlainText(table.Field(i));
            kinds[i] = isGood ? kind! : ColumnKinds.Group;
            if (!isGood)
            {
                // Not its name: a name can be a value.
                findings.Add(Rules.Columns, file, $"line 1, column {i + 1}");
            }
        }

        if (seen.Count < declared.Count || !kinds.Contains(ColumnKinds.Count))
        {
            findings.Add(Rules.Columns, file, "line 1");
        }

        values = [.. kinds.Select(_ => new HashSet<int>())];
        return true;
    }

    private void LookAtRow(CsvReader table, long row)
    {
        var shows = ShowsCount(table);
        if (row < policy.MaximumRows)
        {
            LookAtGroup(table, shows);
        }

        for (var i = 0; i < kinds.Length; i++)
        {
            var field = table.Field(i);
            if (!IsGood(kinds[i], field))
            {
                findings.Add(Rules.Cells, file, $"line {table.Line}, column {i + 1}");
            }
            else if (!shows && kinds[i] == ColumnKinds.Measure && !field.IsEmpty)
            {
                // What is measured over one person is that person's value.
                findings.Add(Rules.Cells, file, $"line {table.Line}, column {i + 1}: no count is shown here, so leave this empty");
            }

            if (row < policy.MaximumRows && kinds[i] != ColumnKinds.Count)
            {
                var hash = new HashCode();
                hash.AddBytes(field);
                values[i].Add(hash.ToHashCode());
            }

            if (field.Length >= PersonIdentifier.Length)
            {
                LookIntoText(table, i, field);
            }
        }
    }

    // Whether it says of at least one of its counts that it is neither suppressed nor zero.
    private bool ShowsCount(CsvReader table)
    {
        for (var i = 0; i < kinds.Length; i++)
        {
            if (kinds[i] == ColumnKinds.Count && table.Field(i) is not ([] or [(byte)'0']))
            {
                return true;
            }
        }

        return false;
    }

    private void LookAtGroup(CsvReader table, bool shows)
    {
        if (!groups.Add(Groups(table)))
        {
            findings.Add(
                Rules.RowLevel,
                file,
                $"line {table.Line}: another row has the same groups; add them up, or declare as a group what tells them apart"
            );
        }

        if (!shows)
        {
            hidden++;
            return;
        }

        CollectionsMarshal.GetValueRefOrAddDefault(counts, Counts(table), out _)++;
    }

    private UInt128 Groups(CsvReader table)
    {
        fields.ResetWrittenCount();
        for (var i = 0; i < kinds.Length; i++)
        {
            if (kinds[i] == ColumnKinds.Group)
            {
                // No field holds a control character.
                fields.Write(table.Field(i));
                fields.Write("\n"u8);
            }
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(fields.WrittenSpan, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    // The same for the same counts; that others may now and then share it is lost among nearly all rows.
    private int Counts(CsvReader table)
    {
        var hash = new HashCode();
        for (var i = 0; i < kinds.Length; i++)
        {
            if (kinds[i] == ColumnKinds.Count)
            {
                hash.AddBytes(table.Field(i));
                hash.Add('\n');
            }
        }

        return hash.ToHashCode();
    }

    private bool IsGood(string kind, ReadOnlySpan<byte> field)
    {
        if (field.IsEmpty)
        {
            return true;
        }

        return kind switch
        {
            ColumnKinds.Count => Utf8Parser.TryParse(field, out long count, out var used)
                && used == field.Length
                && field[0] is >= (byte)'0' and <= (byte)'9'
                && (field[0] != '0' || field.Length == 1)
                && (count == 0 || count >= policy.Threshold),
            ColumnKinds.Measure => field is [(byte)'n', (byte)'a', (byte)'n']
                || (
                    field.Length <= LongestNumber
                    && !field.ContainsAnyExcept(OfNumbers)
                    && Utf8Parser.TryParse(field, out double _, out var used)
                    && used == field.Length
                ),
            _ => field.Length <= LongestText && IsPlainText(field),
        };
    }

    // What a checker sees is all there is, and a program for tables that they open it with runs nothing.
    private static bool IsPlainText(ReadOnlySpan<byte> field)
    {
        if (field is [(byte)'=' or (byte)'+' or (byte)'-' or (byte)'@', ..] && field.ContainsAnyExcept(OfNumbers))
        {
            return false;
        }

        if (!field.ContainsAnyExceptInRange((byte)' ', (byte)'~'))
        {
            return true;
        }

        foreach (var rune in Encoding.UTF8.GetString(field).EnumerateRunes())
        {
            if (
                Rune.GetUnicodeCategory(rune)
                is UnicodeCategory.Format
                    or UnicodeCategory.Control
                    or UnicodeCategory.PrivateUse
                    or UnicodeCategory.OtherNotAssigned
            )
            {
                return false;
            }
        }

        return true;
    }

    // Digits with something between them, or digits of another script: the bytes alone do not show those.
    private void LookIntoText(CsvReader table, int column, ReadOnlySpan<byte> field)
    {
        if (!field.ContainsAnyExcept(OfNumbers))
        {
            return;
        }

        Span<byte> digits = stackalloc byte[PersonIdentifier.Length];
        Span<byte> hex = stackalloc byte[PseudonymText.Length];
        int digitCount = 0,
            hexCount = 0;
        for (var rest = field; !rest.IsEmpty; )
        {
            Rune.DecodeFromUtf8(rest, out var rune, out var used);
            rest = rest[used..];
            if (Rune.IsDigit(rune))
            {
                var digit = (byte)('0' + (int)Rune.GetNumericValue(rune));
                Put(digits, ref digitCount, digit);
                Put(hex, ref hexCount, digit);
            }
            else if (rune.IsAscii && char.IsAsciiHexDigit((char)rune.Value))
            {
                Put(hex, ref hexCount, (byte)rune.Value);
            }
        }

        if (digitCount == digits.Length && PersonIdentifier.TryParse(digits, out _))
        {
            findings.Add(Rules.Identifiers, file, $"line {table.Line}, column {column + 1}");
        }

        if (hexCount >= hex.Length && pseudonyms.HasPrefix(hex))
        {
            findings.Add(Rules.Pseudonyms, file, $"line {table.Line}, column {column + 1}");
        }
    }

    private static void Put(Span<byte> to, ref int count, byte value)
    {
        if (count < to.Length)
        {
            to[count] = value;
        }

        count++;
    }

    private void JudgeRows(long rows)
    {
        if (rows > policy.MaximumRows)
        {
            findings.Add(Rules.RowLevel, file, $"more than {policy.MaximumRows} rows; take fewer or larger groups");
        }

        var looked = Math.Min(rows, policy.MaximumRows);
        if (hidden > 0 && (hidden == looked || (hidden >= policy.HiddenRows && hidden * 100 > looked * policy.MostHidden)))
        {
            findings.Add(Rules.RowLevel, file, "too many rows show no count; take larger groups, or leave those rows out");
        }

        if (looked >= policy.SameCountRows && counts.Values.DefaultIfEmpty().Max() * 100 >= looked * NearlyAll)
        {
            findings.Add(Rules.RowLevel, file, "nearly all rows have the same counts; count each group, or make fewer groups");
        }

        for (var i = 0; rows >= policy.UniqueRows && i < kinds.Length; i++)
        {
            if (kinds[i] != ColumnKinds.Count && values[i].Count * 100L >= looked * NearlyAll)
            {
                findings.Add(
                    Rules.RowLevel,
                    file,
                    $"column {i + 1}: nearly every row has another value; round them, or take larger groups"
                );
            }
        }
    }
}
