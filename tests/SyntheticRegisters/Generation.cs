using HealthDataNode.SyntheticRegisters.Disease;
using HealthDataNode.SyntheticRegisters.Output;
using HealthDataNode.SyntheticRegisters.Population;

namespace HealthDataNode.SyntheticRegisters;

/// <summary>Person by person into all files; nothing is kept but counts, five citizens and fifty late lines, so that memory does not grow with the size.</summary>
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

    public static readonly string[] TreatmentColumns =
    [
        "person_id",
        "treatment_number",
        "icd10",
        "modality",
        "intent",
        "start_date",
        "end_date",
        "procedure",
        "substance",
        "cycles",
        "dose_gray",
        "fractions",
        "outcome",
    ];

    /// <summary>The columns of a source, the person first.</summary>
    public static string[] ColumnsOf(string source) =>
        source switch
        {
            "cancer" => CancerColumns,
            "death" => DeathColumns,
            "treatment" => TreatmentColumns,
            _ => throw new ArgumentException($"There is no source {source}.", nameof(source)),
        };

    public static void Run(ulong seed, int persons, double effect, string folder)
    {
        Directory.CreateDirectory(Path.Combine(folder, "descriptions"));
        var people = new People(seed);
        var lives = new LifeCourses(seed, new Comparison(effect));
        var courses = new TreatmentCourses(seed);
        var identities = new Identities(seed, people);
        var citizens = new CitizensFile();
        var facts = new Facts(seed, persons, effect, LifeCourses.Until);
        using (var cancer = Create(folder, "cancer"))
        using (var death = Create(folder, "death"))
        using (var treatment = Create(folder, "treatment"))
        using (var population = new PopulationFile(File.Create(Path.Combine(folder, "population.csv"))))
        {
            for (var index = 0; index < persons; index++)
            {
                var person = people.At(index);
                var life = lives.Of(person);
                var given = courses.Of(person, life);
                var known = identities.Of(person, life, given.Count > 0);
                Write(known, life, cancer, facts);
                Write(known, life.Death, death, facts);
                Write(known, given, treatment, facts);
                if (life.Tumours.Count > 0 || life.Death is not null)
                    population.Write(known, life.Death?.Date);
                if (known.Citizen is not null)
                    citizens.Add(known);
                facts.Count(known, life, given.Count);
            }
            facts.Cancer.Close(cancer);
            facts.Death.Close(death);
            facts.Treatment.Close(treatment);
            population.WriteLate(Path.Combine(folder, "population-late.csv"));
            facts.Population = population.Counts;
        }

        citizens.WriteTo(Path.Combine(folder, "citizens.json"));
        foreach (var (source, counts) in facts.Registers)
            Descriptions.Write(source, counts, Path.Combine(folder, "descriptions", $"{source}.json"));
        facts.WriteTo(Path.Combine(folder, "facts.json"));
    }

    private static RegisterFile Create(string folder, string source) =>
        new(File.Create(Path.Combine(folder, $"{source}.csv")), ColumnsOf(source));

    private static void Write(Known known, LifeCourse life, RegisterFile cancer, Facts facts)
    {
        var person = known.Person;
        foreach (var tumour in life.Tumours)
        {
            cancer.Write(
                known.Cancer,
                RegisterFile.Number(tumour.Number),
                RegisterFile.Date(tumour.Diagnosed),
                RegisterFile.Number(tumour.Age),
                Text(person.Sex),
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
            facts.Cancer.Count(tumour.Diagnosed, person);
        }
    }

    private static void Write(Known known, Death? end, RegisterFile death, Facts facts)
    {
        if (end is null)
            return;
        death.Write(
            known.Death,
            RegisterFile.Date(end.Date),
            RegisterFile.Number(end.Age),
            Text(known.Person.Sex),
            end.Underlying,
            end.Contributing1,
            end.Contributing2,
            end.Place,
            end.Autopsy ? "true" : "false"
        );
        facts.Death.Count(end.Date, known.Person);
    }

    private static void Write(Known known, List<Given> given, RegisterFile treatment, Facts facts)
    {
        foreach (var one in given)
        {
            treatment.Write(
                known.Treatment,
                RegisterFile.Number(one.Number),
                one.Icd10,
                one.Modality,
                one.Intent,
                RegisterFile.Date(one.Start),
                one.End is { } end ? RegisterFile.Date(end) : "",
                one.Procedure,
                one.Substance,
                RegisterFile.Number(one.Cycles),
                RegisterFile.Number(one.DoseGray),
                RegisterFile.Number(one.Fractions),
                one.Outcome
            );
            facts.Treatment.Count(one.Start, known.Person);
        }
    }

    private static string Text(Sex sex) => sex == Sex.Male ? "male" : "female";
}
