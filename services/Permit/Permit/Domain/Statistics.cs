using System.Globalization;
using System.Text;
using System.Text.Json;

namespace HealthDataNode.Permit.Domain;

/// <summary>How long things took, by authority and stage (EHDS 59(1)).</summary>
public static class Statistics
{
    // As a case goes through them; approvals, which run beside, come after.
    private static readonly string[] Order = [.. Enum.GetNames<CaseState>().Select(JsonNamingPolicy.KebabCaseLower.ConvertName)];

    /// <summary>Sums up stays in stages.</summary>
    /// <param name="stays">Each with its beginning, and its end where it has ended.</param>
    public static IReadOnlyList<StageDays> Of(IEnumerable<Stay> stays) =>
        [
            .. stays
                .GroupBy(stay => (stay.Authority, stay.Stage))
                .OrderBy(group => group.Key.Authority, StringComparer.Ordinal)
                .ThenBy(group => Array.IndexOf(Order, group.Key.Stage) is var at && at < 0 ? int.MaxValue : at)
                .ThenBy(group => group.Key.Stage, StringComparer.Ordinal)
                .Select(group => Of(group.Key.Authority, group.Key.Stage, [.. group])),
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

    private static StageDays Of(string authority, string stage, Stay[] stays)
    {
        var days = stays.Where(stay => stay.To is not null).Select(stay => stay.To!.Value - stay.From).Order().ToArray();
        var sum = days.Aggregate(TimeSpan.Zero, (total, one) => total + one);
        return new StageDays(
            authority,
            stage,
            days.Length,
            stays.Length - days.Length,
            Days(sum),
            days.Length == 0 ? null : Days(sum / days.Length),
            days.Length == 0 ? null : Days((days[(days.Length - 1) / 2] + days[days.Length / 2]) / 2),
            days.Length == 0 ? null : Days(days[^1])
        );
    }

    // About ten seconds: more would only be noise.
    private static decimal Days(TimeSpan time) => Math.Round((decimal)time.Ticks / TimeSpan.TicksPerDay, 4);
}

/// <summary>A stay of a case or an approval in a stage.</summary>
public sealed record Stay(string Authority, string Stage, DateTimeOffset From, DateTimeOffset? To);

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
