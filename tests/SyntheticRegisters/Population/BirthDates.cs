namespace HealthDataNode.SyntheticRegisters.Population;

/// <summary>
/// Every birth date has a number of slots, one person each at most. More slots for the years whose people are in
/// registers: the population is the one that registers meet, older than the country's.
/// </summary>
internal static class BirthDates
{
    /// <summary>Fewer than twice the valid individual numbers that a date has for either sex.</summary>
    public const int MostPerDate = 380;

    private static readonly (int Year, int PerDate)[] Knots =
    [
        (1915, 90),
        (1930, 300),
        (1942, MostPerDate),
        (1955, MostPerDate),
        (1965, 260),
        (1980, 100),
        (2000, 45),
        (2025, 20),
    ];

    private static readonly int First = new DateOnly(Knots[0].Year, 1, 1).DayNumber;
    private static readonly int[] Start = Starts();

    /// <summary>All slots together: the largest population.</summary>
    public static int Slots => Start[^1];

    /// <summary>The birth date of a slot, and the slot's rank among those of that date.</summary>
    public static (DateOnly Date, int Rank) Of(int slot)
    {
        var found = Array.BinarySearch(Start, slot);
        var day = found >= 0 ? found : ~found - 1;
        return (DateOnly.FromDayNumber(First + day), slot - Start[day]);
    }

    private static int[] Starts()
    {
        var start = new int[new DateOnly(Knots[^1].Year, 1, 1).DayNumber - First + 1];
        for (var day = 0; day < start.Length - 1; day++)
            start[day + 1] = start[day] + PerDate(DateOnly.FromDayNumber(First + day).Year);
        return start;
    }

    private static int PerDate(int year)
    {
        var n = 1;
        while (Knots[n].Year <= year)
            n++;
        var (from, to) = (Knots[n - 1], Knots[n]);
        return from.PerDate + (to.PerDate - from.PerDate) * (year - from.Year) / (to.Year - from.Year);
    }
}
