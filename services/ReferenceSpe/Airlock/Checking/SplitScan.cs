using System.Buffers;
using HealthDataNode.Protocol.Identifiers;
using HealthDataNode.Protocol.Pseudonyms;

namespace HealthDataNode.ReferenceSpe.Airlock.Checking;

/// <summary>
/// Looks for an identifier or a pseudonym that was cut into columns: any two in either order, or several that follow
/// each other. A pseudonym is known exactly. Of numbers of eleven digits that two measures happen to make one in about
/// 140 is a valid identifier, so that of numeric columns a single hit counts only where a number would not look so
/// (a leading zero) or where it is no accident any more.
/// </summary>
internal sealed class SplitScan(IReadOnlyList<string> kinds, PseudonymSet pseudonyms)
{
    private static readonly SearchValues<byte> Hex = SearchValues.Create("0123456789abcdefABCDEF"u8);
    private readonly Dictionary<(int First, int Second, int Count), Pair> pairs = [];
    private readonly List<int> digits = [];
    private readonly List<int> hex = [];

    private sealed class Pair
    {
        public long Tried { get; set; }

        public long Hits { get; set; }

        public int Line { get; set; }

        public bool IsCertain { get; set; }
    }

    public void Look(CsvReader table, Action<string, string> found)
    {
        digits.Clear();
        hex.Clear();
        for (var i = 0; i < table.FieldCount; i++)
        {
            var field = table.Field(i);
            if (field.Length is 0 or >= PseudonymText.Length || field.ContainsAnyExcept(Hex))
            {
                continue;
            }

            hex.Add(i);
            if (field.Length < PersonIdentifier.Length && !field.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            {
                digits.Add(i);
            }
        }

        Combine(table, digits, PersonIdentifier.Length, (columns, text) => TakeIdentifier(table, columns, text));
        Combine(
            table,
            hex,
            PseudonymText.Length,
            (columns, text) =>
            {
                if (pseudonyms.HasPrefix(text))
                {
                    found(Rules.Pseudonyms, $"line {table.Line}, column {columns.First + 1}");
                }
            }
        );
    }

    /// <summary>Judges what was collected; <paramref name="rows"/> is how many rows there were.</summary>
    public void End(long rows, Action<string, string> found)
    {
        foreach (var (columns, pair) in pairs)
        {
            var isMany = pair.Hits >= 2 && pair.Hits * 5 >= pair.Tried;
            var isAll = pair.Hits > 0 && pair.Hits == pair.Tried && pair.Tried * 2 >= rows;
            if (pair.IsCertain || isMany || isAll)
            {
                found(Rules.Identifiers, $"line {pair.Line}, column {columns.First + 1}");
            }
        }
    }

    private delegate void Taker((int First, int Second, int Count) columns, ReadOnlySpan<byte> text);

    private static void Combine(CsvReader table, List<int> candidates, int wanted, Taker take)
    {
        Span<byte> text = stackalloc byte[wanted];
        for (var i = 0; i < candidates.Count; i++)
        {
            var first = table.Field(candidates[i]);
            for (var j = 0; j < candidates.Count; j++)
            {
                if (i != j && first.Length + table.Field(candidates[j]).Length == wanted)
                {
                    first.CopyTo(text);
                    table.Field(candidates[j]).CopyTo(text[first.Length..]);
                    take((candidates[i], candidates[j], 2), text);
                }
            }

            // Three and more that follow each other; two were seen above.
            var length = first.Length;
            for (var j = i + 1; j < candidates.Count && candidates[j] == candidates[j - 1] + 1 && length < wanted; j++)
            {
                length += table.Field(candidates[j]).Length;
                if (length == wanted && j > i + 1)
                {
                    var at = 0;
                    for (var k = i; k <= j; k++)
                    {
                        table.Field(candidates[k]).CopyTo(text[at..]);
                        at += table.Field(candidates[k]).Length;
                    }

                    take((candidates[i], candidates[j], j - i + 1), text);
                }
            }
        }
    }

    private void TakeIdentifier(CsvReader table, (int First, int Second, int Count) columns, ReadOnlySpan<byte> text)
    {
        if (!pairs.TryGetValue(columns, out var pair))
        {
            pairs[columns] = pair = new Pair();
        }

        pair.Tried++;
        if (!PersonIdentifier.TryParse(text, out _))
        {
            return;
        }

        if (pair.Hits++ == 0)
        {
            pair.Line = table.Line;
        }

        pair.IsCertain |=
            (kinds[columns.First] == ColumnKinds.Group && kinds[columns.Second] == ColumnKinds.Group)
            || HasLeadingZero(table.Field(columns.First))
            || HasLeadingZero(table.Field(columns.Second));
    }

    private static bool HasLeadingZero(ReadOnlySpan<byte> field) => field.Length > 1 && field[0] == '0';
}
