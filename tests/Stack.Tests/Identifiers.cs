namespace HealthDataNode.Stack.Tests;

/// <summary>The identifiers of the raw registers, and a search for them, as text and as the hex of that text.</summary>
internal sealed class Identifiers
{
    private const int Length = 11;
    private readonly HashSet<string> known;
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> lookup;

    private Identifiers(HashSet<string> known) => (this.known, lookup) = (known, known.GetAlternateLookup<ReadOnlySpan<char>>());

    /// <summary>Prints no identifier.</summary>
    public override string ToString() => $"{known.Count} identifiers";

    public static Identifiers In(string folder)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(folder, "*.csv"))
        {
            var lines = File.ReadLines(file).ToList();
            var header = lines[0].Split(',');
            var columns = header.Index().Where(column => column.Item is "person_id" or "other_id").Select(column => column.Index).ToArray();
            found.UnionWith(
                lines
                    .Skip(1)
                    .Select(line => line.Split(','))
                    .SelectMany(fields => columns.Select(column => fields[column]))
                    .Where(field => field.Length == Length && field.All(char.IsAsciiDigit))
            );
        }
        Assert.True(found.Count > 100, "The registers have identifiers.");
        return new(found);
    }

    /// <summary>Where the first one begins; null where there is none.</summary>
    public int? FirstIn(ReadOnlySpan<char> text)
    {
        Span<char> digits = stackalloc char[Length];
        for (var at = 0; at + Length <= text.Length; at++)
        {
            if (!char.IsAsciiDigit(text[at]))
            {
                continue;
            }
            if (IsDigits(text.Slice(at, Length)) && lookup.Contains(text.Slice(at, Length)))
            {
                return at;
            }
            if (TryHex(text[at..], digits) && lookup.Contains(digits))
            {
                return at;
            }
        }
        return null;
    }

    private static bool IsDigits(ReadOnlySpan<char> text) => !text.ContainsAnyExceptInRange('0', '9');

    // "3d" for each digit d.
    private static bool TryHex(ReadOnlySpan<char> text, Span<char> digits)
    {
        if (text.Length < 2 * Length)
        {
            return false;
        }
        for (var n = 0; n < Length; n++)
        {
            if (text[2 * n] != '3' || !char.IsAsciiDigit(text[(2 * n) + 1]))
            {
                return false;
            }
            digits[n] = text[(2 * n) + 1];
        }
        return true;
    }
}
