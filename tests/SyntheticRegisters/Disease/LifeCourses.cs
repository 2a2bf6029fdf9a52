using HealthDataNode.SyntheticRegisters.Population;

namespace HealthDataNode.SyntheticRegisters.Disease;

/// <summary>
/// Draws what happens to a person between 2000 and 2025: tumours by age and sex, survival by site and stage, death of
/// other causes by age and sex. Constants are rounded after Norwegian tables and then fitted to the stated facts.
/// </summary>
internal sealed class LifeCourses(ulong seed, Comparison comparison)
{
    public const double StageMissing = 0.08;
    public static readonly DateOnly From = new(2000, 1, 1);
    public static readonly DateOnly Until = new(2025, 12, 31);

    private const double DaysPerYear = 365.25;
    private const int MostTumours = 3;

    // Beyond people of this age in the country: this population is the one that registers meet.
    private const double Burden = 1.85;

    // Deaths of all causes but cancer: Gompertz, the first year, and accidents of the young.
    private static readonly CumulativeHazard[] OtherDeaths =
    [
        new(age => 0.68 * Gompertz(age) + (age == 0 ? 0.0022 : 0.0001)),
        new(age => Gompertz(age) + (age == 0 ? 0.0028 : 0.0001) + (age is >= 18 and < 45 ? 0.0004 : 0)),
    ];

    // By age below 15, 30, 40, 50, 60, 70, 80, and above.
    private static readonly CumulativeHazard[] Onsets =
    [
        Onset(.00016, .0004, .0013, .0034, .0061, .0102, .0150, .0185),
        Onset(.00018, .0004, .0008, .0020, .0056, .0138, .0240, .0310),
    ];

    // ENCR: 0 death certificate only, 1 clinical, 2 clinical investigation, 4 tumour marker, 5 cytology,
    // 6 histology of a metastasis, 7 histology of the primary, 9 unknown.
    private static readonly Weighted<string> Basis = Weighted.Parse("7:894 6:28 5:35 2:22 1:6 4:5 0:7 9:3");
    private static readonly Weighted<string> BasisOfBlood = Weighted.Parse("7:780 5:213 0:7");
    private static readonly Weighted<string> BasisInComparison = Weighted.Parse("7:88 6:5 5:7");

    public LifeCourse Of(Person person)
    {
        var random = new Randomness(seed, (ulong)person.Index, Purpose.Disease);
        var start = person.Birth > From ? person.Birth : From;
        var death = Later(person, OtherDeaths[(int)person.Sex], start, ref random);
        var (cause, stageAtDeath) = ((Tumour?)null, -1);
        List<Tumour>? tumours = null;
        var from = start;
        while ((tumours?.Count ?? 0) < MostTumours)
        {
            var diagnosed = Later(person, Onsets[(int)person.Sex], from, ref random);
            if (diagnosed > death || diagnosed > Until)
                break;
            var (tumour, stage, dead) = Draw(person, (tumours?.Count ?? 0) + 1, diagnosed, tumours, ref random);
            (tumours ??= []).Add(tumour);
            if (tumour.Group != "")
            {
                // Of any cause: 94 of 100 of them of the cancer.
                (death, cause, stageAtDeath) = (dead, random.Chance(0.94) ? tumour : null, stage);
                break;
            }

            if (dead <= death)
                (death, cause, stageAtDeath) = (dead, tumour, stage);
            from = diagnosed.AddDays(60);
        }

        return new(tumours ?? [], death > Until ? null : Dying(person, death, cause, stageAtDeath, tumours));
    }

    private (Tumour Tumour, int Stage, DateOnly Dead) Draw(
        Person person,
        int number,
        DateOnly diagnosed,
        List<Tumour>? earlier,
        ref Randomness random
    )
    {
        var age = person.AgeOn(diagnosed);
        var (site, subsite) = Place(person.Sex, age, earlier, ref random);
        var stage = site.Stages?.Draw(ref random) ?? 0;
        var compared = Comparison.Takes(site, stage, number);
        var isNew = random.Chance(0.5);
        var group =
            !compared ? ""
            : isNew ? Comparison.New
            : Comparison.Standard;
        var basis = (
            compared ? BasisInComparison
            : site.Morphologies is null ? BasisOfBlood
            : Basis
        ).Draw(ref random);
        // Without a microscope nobody knows the morphology of a solid tumour (ENCR: 8000/3).
        var morphology = subsite.Morphology ?? (basis is "5" or "6" or "7" ? site.Morphologies!.Draw(ref random) : "8000/3");
        var onCertificateOnly = basis == "0";
        var isStaged = site.Stages is not null && !onCertificateOnly && (compared || !random.Chance(StageMissing));
        var treatment = compared
            ? isNew
                ? Treatment.Immunotherapy
                : Treatment.Chemotherapy
            : onCertificateOnly
                ? Treatment.None
                : Treatment.Draw(site.Treatments, stage, ref random);
        var hazard = site.Hazards[stage];
        var years =
            onCertificateOnly ? 0
            : compared ? comparison.Years(hazard, isNew, ref random)
            : Years(hazard, ref random);
        var tumour = new Tumour(
            number,
            diagnosed,
            age,
            subsite.Icd10,
            subsite.Topography,
            morphology,
            basis,
            isStaged ? Site.StageNames[stage] : "",
            treatment,
            group,
            site.Stages is not null && !onCertificateOnly
        );
        return (tumour, stage, years > 200 ? DateOnly.MaxValue : diagnosed.AddDays((int)(years * DaysPerYear)));
    }

    /// <summary>A site that the person does not have a tumour of yet, as far as a few draws find one.</summary>
    private static (Site, Subsite) Place(Sex sex, int age, List<Tumour>? earlier, ref Randomness random)
    {
        for (var draw = 1; ; draw++)
        {
            var site = Sites.Draw(sex, age, ref random);
            var subsite = site.Subsites.Draw(ref random);
            if (draw == 8 || earlier is null || !earlier.Exists(tumour => tumour.Icd10[..3] == subsite.Icd10[..3]))
                return (site, subsite);
        }
    }

    /// <summary>Years to death of the cancer: a hazard for five years, then a quarter of it.</summary>
    private static double Years(double hazard, ref Randomness random)
    {
        var sum = random.Exponential();
        return sum < 5 * hazard ? sum / hazard : 5 + (sum - 5 * hazard) / (0.25 * hazard);
    }

    private static DateOnly Later(Person person, CumulativeHazard hazard, DateOnly from, ref Randomness random)
    {
        var age = (from.DayNumber - person.Birth.DayNumber) / DaysPerYear;
        var then = person.Birth.AddDays((int)(hazard.AgeAt(hazard.At(age) + random.Exponential()) * DaysPerYear));
        return then < from ? from : then;
    }

    private Death Dying(Person person, DateOnly date, Tumour? cause, int stage, List<Tumour>? tumours)
    {
        var random = new Randomness(seed, (ulong)person.Index, Purpose.Death);
        var age = person.AgeOn(date);
        return cause is not null
            ? CausesOfDeath.OfCancer(date, age, cause, stage, ref random)
            : CausesOfDeath.OfOther(date, age, person.Sex, tumours, ref random);
    }

    private static CumulativeHazard Onset(params double[] perYear) =>
        new(age =>
            Burden
            * perYear[
                age < 15 ? 0
                : age < 30 ? 1
                : Math.Min(age / 10 - 1, perYear.Length - 1)
            ]
        );

    private static double Gompertz(int age)
    {
        var hazard = 1.3e-5;
        for (var year = 0; year < age; year++)
            hazard *= 1.105;
        return hazard;
    }
}
