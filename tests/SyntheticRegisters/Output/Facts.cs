using System.Text.Json;
using System.Text.Json.Serialization;
using HealthDataNode.SyntheticRegisters.Disease;
using HealthDataNode.SyntheticRegisters.Population;

namespace HealthDataNode.SyntheticRegisters.Output;

/// <summary>What is true of the files, counted while they are written: `facts.json`.</summary>
internal sealed record Facts(ulong Seed, int Persons, double Effect, DateOnly FollowUpUntil)
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public NumberCounts Numbers { get; } = new();

    public RegisterCounts Cancer { get; } = new();

    public RegisterCounts Death { get; } = new();

    public RegisterCounts Treatment { get; } = new();

    /// <summary>The lines of the population register.</summary>
    public PopulationCounts Population { get; set; } = new();

    /// <summary>Persons in the cancer and the cause-of-death registry.</summary>
    public long PersonsInBoth { get; set; }

    /// <summary>Persons in all three sources.</summary>
    public long PersonsInAll { get; set; }

    /// <summary>Persons whom one source knows by another number than another source does.</summary>
    public long KnownByTwoNumbers { get; set; }

    /// <summary>The three sources by id.</summary>
    [JsonIgnore]
    public IEnumerable<(string Source, RegisterCounts Counts)> Registers =>
        [("cancer", Cancer), ("death", Death), ("treatment", Treatment)];

    public Dictionary<string, GroupCounts> Comparison { get; } =
        new() { [Disease.Comparison.Standard] = new(), [Disease.Comparison.New] = new() };

    /// <summary>Deaths per person-day of `new` divided by those of `standard`; null while one of them has no death.</summary>
    public double? RateRatio
    {
        get
        {
            var (standard, other) = (Comparison[Disease.Comparison.Standard], Comparison[Disease.Comparison.New]);
            return standard.Deaths == 0 || other.Deaths == 0
                ? null
                : Math.Round((double)other.Deaths * standard.PersonDays / ((double)standard.Deaths * other.PersonDays), 4);
        }
    }

    public void Count(Known known, LifeCourse life, int treatments)
    {
        if (life.Tumours.Count == 0 && life.Death is null)
            return;
        Numbers.Count(known.Person);
        if (life.Tumours.Count > 0 && life.Death is not null)
            PersonsInBoth++;
        if (treatments > 0 && life.Death is not null)
            PersonsInAll++;
        var numbers = new[]
        {
            life.Tumours.Count > 0 ? known.Cancer : null,
            life.Death is not null ? known.Death : null,
            treatments > 0 ? known.Treatment : null,
        };
        if (numbers.OfType<string>().Distinct().Count() > 1)
            KnownByTwoNumbers++;
        foreach (var tumour in life.Tumours.Where(tumour => tumour.Group != ""))
            Comparison[tumour.Group].Count(tumour.Diagnosed, life.Death?.Date ?? FollowUpUntil, life.Death is not null);
    }

    public void WriteTo(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, Format) + "\n");
}

/// <summary>Persons with at least one row, by their number.</summary>
internal sealed class NumberCounts
{
    public long Persons { get; private set; }
    public long DNumbers { get; private set; }
    public long Only2032 { get; private set; }
    public long Invalid { get; private set; }

    public void Count(Person person)
    {
        Persons++;
        DNumbers += person.DNumber ? 1 : 0;
        Only2032 += person.Only2032 ? 1 : 0;
        Invalid += person.Flaw != Flaw.None ? 1 : 0;
    }
}

internal sealed class RegisterCounts
{
    public long Rows { get; private set; }
    public long Persons { get; private set; }
    public long InvalidRows { get; private set; }
    public DateOnly? First { get; private set; }
    public DateOnly? Last { get; private set; }

    public void Count(DateOnly date, Person person)
    {
        InvalidRows += person.Flaw != Flaw.None ? 1 : 0;
        First = First is null || date < First ? date : First;
        Last = Last is null || date > Last ? date : Last;
    }

    public void Close(RegisterFile file) => (Rows, Persons) = (file.Rows, file.Persons);
}

internal sealed class GroupCounts
{
    public long Persons { get; private set; }
    public long Deaths { get; private set; }
    public long PersonDays { get; private set; }

    public void Count(DateOnly from, DateOnly until, bool died)
    {
        Persons++;
        Deaths += died ? 1 : 0;
        PersonDays += until.DayNumber - from.DayNumber;
    }
}
