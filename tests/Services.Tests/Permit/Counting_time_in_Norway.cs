using HealthDataNode.Permit.Domain.Clocks;

namespace HealthDataNode.Services.Tests.Permit;

public sealed class Counting_time_in_Norway
{
    [Theory]
    [InlineData("2008-03-23")]
    [InlineData("2011-04-24")]
    [InlineData("2019-04-21")]
    [InlineData("2024-03-31")]
    [InlineData("2025-04-20")]
    [InlineData("2026-04-05")]
    [InlineData("2027-03-28")]
    [InlineData("2029-04-01")]
    [InlineData("2038-04-25")]
    public void Knows_Easter(string sunday) => Assert.Equal(DateOnly.Parse(sunday), NorwegianCalendar.EasterSunday(int.Parse(sunday[..4])));

    [Fact]
    public void Knows_the_public_holidays()
    {
        var year = Enumerable.Range(0, 365).Select(new DateOnly(2026, 1, 1).AddDays).Where(NorwegianCalendar.IsPublicHoliday);
        Assert.Equal(
            "01-01 04-02 04-03 04-05 04-06 05-01 05-14 05-17 05-24 05-25 12-25 12-26",
            string.Join(' ', year.Select(day => day.ToString("MM-dd")))
        );
    }

    [Theory]
    [InlineData("2026-04-01", 1, "2026-04-07")] // over Easter
    [InlineData("2026-12-23", 3, "2026-12-29")] // over Christmas
    [InlineData("2026-02-13", 5, "2026-02-20")]
    [InlineData("2026-05-13", 2, "2026-05-18")] // Ascension, then a weekend with 17 May
    public void Counts_working_days(string from, int count, string expected)
    {
        var last = NorwegianCalendar.AddWorkingDays(DateOnly.Parse(from), count);
        Assert.Equal(DateOnly.Parse(expected), last);
        Assert.Equal(count, NorwegianCalendar.WorkingDaysBetween(DateOnly.Parse(from), last));
    }

    [Fact]
    public void Begins_and_ends_days_at_midnight_in_Oslo()
    {
        Assert.Equal(DateTimeOffset.Parse("2026-01-14T23:00:00Z"), NorwegianCalendar.StartOf(new DateOnly(2026, 1, 15)));
        Assert.Equal(DateTimeOffset.Parse("2026-07-15T22:00:00Z"), NorwegianCalendar.EndOf(new DateOnly(2026, 7, 15)));
        // The night in which the clocks change is a day like any other.
        Assert.Equal(DateTimeOffset.Parse("2026-03-29T22:00:00Z"), NorwegianCalendar.EndOf(new DateOnly(2026, 3, 29)));
        Assert.Equal(new DateOnly(2026, 7, 1), NorwegianCalendar.DateAt(DateTimeOffset.Parse("2026-06-30T22:30:00Z")));
    }
}
