using System.Text.RegularExpressions;

namespace HealthDataNode.Leaks;

/// <summary>
/// The table of architecture-docs/who-may-know.md: what may stand where. The first cell of a row is a place in back
/// quotes, the next ones are the kinds; `may` allows. What no row names may hold nothing.
/// </summary>
internal sealed class Allowance
{
    private readonly List<(string Pattern, Regex Matches, HashSet<Kind> May)> rows = [];

    public static Allowance Read(FileInfo file)
    {
        var allowance = new Allowance();
        Kind[]? columns = null;
        foreach (var line in File.ReadLines(file.FullName))
        {
            string[] cells = [.. line.Trim().Trim('|').Split('|').Select(cell => cell.Trim())];
            if (cells[0] == "Place" && cells.Length > Kinds.All.Count)
            {
                columns = [.. cells[1..(Kinds.All.Count + 1)].Select(words => Kinds.All.Single(kind => kind.Words() == words))];
            }
            else if (columns is not null && cells[0].StartsWith('`') && cells.Length > columns.Length)
            {
                allowance.Add(cells[0].Trim('`'), columns.Where((_, column) => cells[column + 1] == "may").ToHashSet());
            }
        }
        return columns is null ? throw new FormatException($"{file.FullName} has no table of places and kinds.") : allowance;
    }

    /// <summary>The row that decides for a place: of several that match, the longest.</summary>
    public string? RowOf(string place) =>
        rows.Where(row => row.Matches.IsMatch(place))
            .OrderByDescending(row => row.Pattern.Length)
            .Select(row => row.Pattern)
            .FirstOrDefault();

    public HashSet<Kind> MayStandIn(string place) => RowOf(place) is { } pattern ? rows.First(row => row.Pattern == pattern).May : [];

    // `*` is anything within a name, `**` anything.
    private void Add(string pattern, HashSet<Kind> may) =>
        rows.Add(
            (
                pattern,
                new Regex(
                    $"^{Regex.Escape(pattern).Replace(@"\*\*", ".*", StringComparison.Ordinal).Replace(@"\*", "[^/]*", StringComparison.Ordinal)}$"
                ),
                may
            )
        );
}
