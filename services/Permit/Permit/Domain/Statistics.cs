using System.Globalization;
using System.Text;
using System.Text.Json;

namespace HealthDataNode.Permit.Domain;

/// <summary>How long things took, by authority and stage (EHDS 59(1)).</summary>
public static class Statistics
{
    // As a case goes through them; approvals, which run beside, come after.
    private static readonly string[] Order = [.. Enum.GetNames<CaseState>().Select(JsonNamingPolicy.KebabCaseLower.ConvertName)];

    /// <summary>By authority, and as a case goes through its stages.</summary>
    public static IReadOnlyList<StageDays> InOrder(IEnumerable<StageDays> rows) =>
        [
            .. rows.OrderBy(row => row.Authority, StringComparer.Ordinal)
                .ThenBy(row => Array.IndexOf(Order, row.Stage) is var at && at < 0 ? int.MaxValue : at)
                .ThenBy(row => row.Stage, StringComparer.Ordinal),
        ];

    /// <summary>The same as text/csv (RFC 4180), a header first.</summary>
    public static string ToCsv(IReadOnlyList<StageDays> rows)
    {
        var csv = new StringBuilder("authority,stage,ended,open,days,mean,median,longest\r\n");
        foreach (var row in rows)
        {
            csv.Append(
                CultureInfo.InvariantCulture,
                $"{row.Authority},{row.Stage},{row.Ended},{row.Open},{row.Days},{row.Mean},{row.Median},{row.Longest}\r\n"
            );
        }
        return csv.ToString();
    }
}

/// <summary>How long a stage took at an authority, in days of 24 hours.</summary>
/// <param name="Authority">Whose.</param>
/// <param name="Stage">A state of a case, or the kind of an approval.</param>
/// <param name="Ended">Stays that have ended: what the days are of.</param>
/// <param name="Open">Stays that last.</param>
/// <param name="Days">All together.</param>
/// <param name="Mean">Null where none has ended.</param>
/// <param name="Median">Null where none has ended.</param>
/// <param name="Longest">Null where none has ended.</param>
public sealed record StageDays(
    string Authority,
    string Stage,
    int Ended,
    int Open,
    decimal Days,
    decimal? Mean,
    decimal? Median,
    decimal? Longest
);
