using HealthDataNode.SyntheticRegisters.Disease;
using HealthDataNode.SyntheticRegisters.Output;
using HealthDataNode.SyntheticRegisters.Population;

namespace HealthDataNode.SyntheticRegisters;

/// <summary>Person by person into both files; nothing is kept but counts, so that memory does not grow with the size.</summary>
internal static class Generation
{
    public static readonly string[] CancerColumns =
    [
        "person_id",
        "tumour_number",
        "diagnosis_date",
        "age_at_diagnosis",
        "sex",
        "birth_year",
        "county",
        "icd10",
        "topography",
        "morphology",
        "basis_of_diagnosis",
        "stage",
        "treatment",
        "treatment_group",
    ];

    public static readonly string[] DeathColumns =
    [
        "person_id",
        "death_date",
        "age_at_death",
        "sex",
        "underlying_cause",
        "contributing_cause_1",
        "contributing_cause_2",
        "place_of_death",
        "autopsy",
    ];

    public static void Run(ulong seed, int persons, double effect, string folder)
    {
        Directory.CreateDirectory(Path.Combine(folder, "descriptions"));
        var people = new People(seed);
        var lives = new LifeCourses(seed, new Comparison(effect));
        var facts = new Facts(seed, persons, effect, LifeCourses.Until);
        using (var cancer = new RegisterFile(File.Create(Path.Combine(folder, "cancer.csv")), CancerColumns))
        using (var death = new RegisterFile(File.Create(Path.Combine(folder, "death.csv")), DeathColumns))
        {
            for (var index = 0; index < persons; index++)
                Write(people.At(index), lives, cancer, death, facts);
            facts.Cancer.Close(cancer);
            facts.Death.Close(death);
        }

        Descriptions.Write("cancer", facts.Cancer, Path.Combine(folder, "descriptions", "cancer.json"));
        Descriptions.Write("death", facts.Death, Path.Combine(folder, "descriptions", "death.json"));
        facts.WriteTo(Path.Combine(folder, "facts.json"));
    }

    private static void Write(Person person, LifeCourses lives, RegisterFile cancer, RegisterFile death, Facts facts)
    {
        var life = lives.Of(person);
        var sex = person.Sex == Sex.Male ? "male" : "female";
        foreach (var tumour in life.Tumours)
        {
            cancer.Write(
                person,
                RegisterFile.Number(tumour.Number),
                RegisterFile.Date(tumour.Diagnosed),
                RegisterFile.Number(tumour.Age),
                sex,
                RegisterFile.Number(person.Birth.Year),
                person.County,
                tumour.Icd10,
                tumour.Topography,
                tumour.Morphology,
                tumour.Basis,
                tumour.Stage,
                tumour.Treatment,
                tumour.Group
            );
            facts.Cancer.Count(tumour.Diagnosed);
            facts.Cancer.InvalidRows += person.Flaw != Flaw.None ? 1 : 0;
        }

        if (life.Death is { } end)
        {
            death.Write(
                person,
                RegisterFile.Date(end.Date),
                RegisterFile.Number(end.Age),
                sex,
                end.Underlying,
                end.Contributing1,
                end.Contributing2,
                end.Place,
                end.Autopsy ? "true" : "false"
            );
            facts.Death.Count(end.Date);
            facts.Death.InvalidRows += person.Flaw != Flaw.None ? 1 : 0;
        }

        facts.Count(person, life);
    }
}
