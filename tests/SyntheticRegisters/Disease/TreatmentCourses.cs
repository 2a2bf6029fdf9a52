using HealthDataNode.SyntheticRegisters.Population;

namespace HealthDataNode.SyntheticRegisters.Disease;

/// <summary>
/// What the hospital trust did about each tumour: the main treatment that the cancer registry knows too, with its
/// dates and codes, and what went with it. Nothing begins before the diagnosis or after death.
/// </summary>
internal sealed class TreatmentCourses(ulong seed)
{
    public const string Curative = "curative";
    public const string Palliative = "palliative";
    public const string Completed = "completed";
    public const string Stopped = "stopped";
    public const string Ongoing = "ongoing";

    // Whoever dies within these days of the diagnosis is not treated any more.
    private const int Shortest = 4;

    public List<Given> Of(Person person, LifeCourse life)
    {
        if (life.Tumours.Count == 0)
            return [];
        var random = new Randomness(seed, (ulong)person.Index, Purpose.Treatment);
        var given = new List<Given>();
        foreach (var tumour in life.Tumours)
            Add(given, tumour, life.Death?.Date, ref random);
        given.Sort((one, other) => (one.Start, one.Icd10, one.Number).CompareTo((other.Start, other.Icd10, other.Number)));
        return [.. given.Select((one, n) => one with { Number = n + 1 })];
    }

    private static void Add(List<Given> given, Tumour tumour, DateOnly? death, ref Randomness random)
    {
        var last = death ?? LifeCourses.Until;
        if (tumour.Treatment == Treatment.None || last.DayNumber - tumour.Diagnosed.DayNumber < Shortest)
            return;
        var late = tumour.Stage is "III" or "IV";
        var intent = tumour.Stage == "IV" || tumour.Group != "" ? Palliative : Curative;
        var main = Draw(tumour, tumour.Treatment, intent, Begin(tumour.Diagnosed, tumour.Treatment, last, ref random), death, ref random);
        if (main is null)
            return;
        given.Add(main with { Number = given.Count });
        var afterwards =
            tumour.Treatment == Treatment.Surgery && random.Chance(late || tumour.Stage == "II" ? 0.4 : 0.12)
                ? random.Chance(tumour.Icd10.StartsWith("C50", StringComparison.Ordinal) ? 0.7 : 0.3)
                    ? Treatment.Radiotherapy
                    : Treatment.Chemotherapy
                : tumour.Treatment is Treatment.Chemotherapy or Treatment.Immunotherapy && random.Chance(late ? 0.25 : 0.08)
                    ? Treatment.Radiotherapy
                    : null;
        var from = (main.End ?? last).AddDays(14 + random.Below(40));
        if (afterwards is null || from >= last)
            return;
        if (Draw(tumour, afterwards, late ? Palliative : Curative, from, death, ref random) is { } second)
            given.Add(second with { Number = given.Count });
    }

    // The cancer registry's main treatment begins within four months.
    private static DateOnly Begin(DateOnly diagnosed, string modality, DateOnly last, ref Randomness random)
    {
        var wait = modality switch
        {
            Treatment.Surgery => 14 + random.Below(46),
            Treatment.Radiotherapy => 25 + random.Below(55),
            _ => 14 + random.Below(36),
        };
        var begin = diagnosed.AddDays(wait);
        return begin < last ? begin : diagnosed.AddDays((last.DayNumber - diagnosed.DayNumber) / 2);
    }

    private static Given? Draw(Tumour tumour, string modality, string intent, DateOnly start, DateOnly? death, ref Randomness random)
    {
        if (start > LifeCourses.Until)
            return null;
        var fractions =
            modality != Treatment.Radiotherapy ? (int?)null
            : intent == Curative ? 15 + 5 * random.Below(5)
            : 1 + 4 * random.Below(3);
        var cycles = modality is Treatment.Chemotherapy or Treatment.Immunotherapy ? 3 + random.Below(10) : (int?)null;
        var days = fractions is { } count ? count * 7 / 5 : (cycles ?? 0) * 21;
        var end = start.AddDays(days);
        var outcome = Completed;
        if (death is { } dead && end > dead)
            (end, outcome) = (dead, Stopped);
        else if (days > 0 && random.Chance(0.07))
            (end, outcome) = (start.AddDays(days / 3), Stopped);
        var ongoing = end > LifeCourses.Until;
        return new(
            0,
            tumour.Icd10,
            modality,
            intent,
            start,
            ongoing ? null : end,
            modality == Treatment.Surgery ? TreatmentCodes.Procedure(tumour.Icd10, ref random) : "",
            TreatmentCodes.Substance(tumour.Icd10, modality, ref random),
            cycles,
                // Two gray a day where it shall heal; eight at once, or four a day, where it shall relieve.
                fractions is null
                    ? null
                : intent == Curative ? 2 * fractions
                : fractions == 1 ? 8
                : 4 * fractions,
            fractions,
            ongoing ? Ongoing : outcome
        );
    }
}
