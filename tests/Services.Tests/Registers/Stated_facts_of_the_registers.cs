using System.Globalization;
using HealthDataNode.Protocol.Identifiers;
using HealthDataNode.SyntheticRegisters;
using HealthDataNode.SyntheticRegisters.Disease;

namespace HealthDataNode.Services.Tests.Registers;

/// <summary>
/// The facts that an analysis of the delivered data must find again, computed from the files alone, joined on the
/// person. The ranges hold 20,000 persons' sampling error on either side of what the program aims at.
/// </summary>
public sealed class Stated_facts_of_the_registers(RegistersFixture registers)
{
    private static readonly string[] Stages = ["I", "II", "III", "IV"];

    [Fact]
    public void Fact_01_about_a_third_of_the_persons_have_a_tumour_and_the_rows_are_four_tenths_of_them()
    {
        Assert.InRange(Distinct(registers.Cancer) / (double)RegistersFixture.Size, 0.29, 0.37);
        Assert.InRange(registers.Cancer.Count / (double)RegistersFixture.Size, 0.36, 0.43);
        Assert.Equal(3, registers.Cancer.Max(row => int.Parse(row["tumour_number"])));
    }

    [Fact]
    public void Fact_02_men_have_more_tumours_and_each_sex_its_own()
    {
        Assert.InRange(Share(registers.Cancer, row => row["sex"] == "male"), 0.52, 0.59);
        Assert.InRange(Share(registers.Cancer.Where(row => row["sex"] == "male"), row => row["icd10"] == "C61"), 0.22, 0.30);
        Assert.InRange(Share(registers.Cancer.Where(row => row["sex"] == "female"), row => row["icd10"].StartsWith("C50")), 0.18, 0.24);
        Assert.DoesNotContain(registers.Cancer, row => row["sex"] == "male" && Category(row) is >= 51 and <= 58);
        Assert.DoesNotContain(registers.Cancer, row => row["sex"] == "female" && Category(row) is >= 60 and <= 63);
    }

    [Fact]
    public void Fact_03_the_stages_are_spread_as_stated()
    {
        var staged = registers.Cancer.Where(row => row["stage"] != "").ToList();

        Assert.InRange(Share(staged, row => row["stage"] == "I"), 0.37, 0.45);
        Assert.InRange(Share(staged, row => row["stage"] == "II"), 0.19, 0.26);
        Assert.InRange(Share(staged, row => row["stage"] == "III"), 0.15, 0.21);
        Assert.InRange(Share(staged, row => row["stage"] == "IV"), 0.15, 0.21);
    }

    [Fact]
    public void Fact_04_five_years_after_diagnosis_fewer_are_alive_the_higher_the_stage()
    {
        var alive = Stages.Select(stage => FiveYearSurvival(row => row["stage"] == stage)).ToArray();

        Assert.True(alive[0] > alive[1] && alive[1] > alive[2] && alive[2] > alive[3], string.Join(" ", alive));
        Assert.True(alive[0] > 0.70 && alive[3] < 0.30, string.Join(" ", alive));
    }

    // Deaths per person-day of `new` by those of `standard`, and the same within stages (Mantel and Haenszel). The
    // standard error of its logarithm is that of the numbers of deaths; three of them either way.
    [Theory]
    [InlineData(0.4, 1)]
    [InlineData(0.6, 1)]
    [InlineData(0.6, 2)]
    [InlineData(1.0, 3)]
    [InlineData(1.5, 4)]
    public void Fact_05_the_effect_given_is_recovered_from_both_files_joined_on_the_person(double effect, ulong seed)
    {
        var folder = Directory.CreateTempSubdirectory("registers-").FullName;
        Generation.Run(seed, RegistersFixture.Size, effect, folder);
        var cancer = RegistersFixture.Read(folder, "cancer");
        var death = RegistersFixture.Read(folder, "death");
        Directory.Delete(folder, recursive: true);

        var followed = Followed(cancer, death);

        var (crude, error) = RateRatio(followed);
        Assert.InRange(Math.Abs(Math.Log(crude / effect)), 0, 3 * error);
        Assert.InRange(Math.Abs(Math.Log(StagewiseRateRatio(followed) / effect)), 0, 3 * error);
        Assert.InRange(error, 0, 0.12);
    }

    [Fact]
    public void Fact_06_the_comparison_is_balanced_and_of_first_lung_cancers_in_late_stages()
    {
        var compared = registers.Cancer.Where(row => row["treatment_group"] != "").ToList();
        var others = registers.Cancer.Where(row => row["treatment_group"] == "");

        Assert.InRange(Share(compared, row => row["treatment_group"] == "new"), 0.43, 0.57);
        Assert.All(
            compared,
            row =>
                Assert.True(
                    row["icd10"].StartsWith("C34")
                        && row["stage"] is "III" or "IV"
                        && row["tumour_number"] == "1"
                        && row["treatment"] == (row["treatment_group"] == "new" ? "immunotherapy" : "chemotherapy")
                )
        );
        Assert.DoesNotContain(
            others,
            row => row["icd10"].StartsWith("C34") && row["stage"] is "III" or "IV" && row["tumour_number"] == "1"
        );
        foreach (var group in compared.GroupBy(row => row["treatment_group"]))
        {
            Assert.InRange(Share(group, row => row["sex"] == "male"), 0.38, 0.68);
            Assert.InRange(Share(group, row => row["stage"] == "IV"), 0.58, 0.76);
        }
    }

    [Fact]
    public void Fact_07_of_what_can_be_staged_eight_per_cent_has_no_stage_and_the_rest_never_has()
    {
        var unstaged = registers.Cancer.Where(row => Category(row) is 70 or 71 or 80 or 88 or >= 91);
        var can = registers.Cancer.Where(row =>
            !(Category(row) is 70 or 71 or 80 or 88 or >= 91) && row["basis_of_diagnosis"] != "0" && row["treatment_group"] == ""
        );

        Assert.InRange(Share(can, row => row["stage"] == ""), 0.07, 0.09);
        Assert.All(unstaged, row => Assert.Equal("", row["stage"]));
        Assert.InRange(Share(registers.Death, row => row["contributing_cause_1"] == ""), 0.35, 0.60);
        Assert.DoesNotContain(registers.Death, row => row["contributing_cause_1"] == "" && row["contributing_cause_2"] != "");
    }

    // Of the numbers valid by the rule of 2032 only, no outside vector is synthetic (see
    // Identity_numbers_of_the_registers): this share is measured with our own reading of Skatteetaten's rule.
    [Fact]
    public void Fact_08_one_number_in_sixteen_is_a_d_number_two_in_a_hundred_of_2032_three_in_a_thousand_wrong()
    {
        var numbers = registers.Numbers.ToList();
        Assert.InRange(numbers.Count(number => number[0] >= '4') / (double)numbers.Count, 0.05, 0.075);
        var rules = numbers.ConvertAll(Rule);
        Assert.InRange(rules.Count(rule => rule == "2032") / (double)numbers.Count, 0.015, 0.025);
        Assert.InRange(rules.Count(rule => rule == "invalid") / (double)numbers.Count, 0.0012, 0.005);
        Assert.Contains(numbers, number => number.Length == 10);
    }

    [Fact]
    public void Fact_09_nobody_dies_before_a_diagnosis_or_is_seen_outside_the_years_covered()
    {
        var deaths = registers.Death.ToDictionary(row => row[RegistersFixture.Person], row => Day(row["death_date"]));
        foreach (var row in registers.Cancer)
        {
            var diagnosed = Day(row["diagnosis_date"]);
            Assert.InRange(diagnosed, LifeCourses.From, LifeCourses.Until);
            Assert.InRange(diagnosed.Year - int.Parse(row["birth_year"]) - int.Parse(row["age_at_diagnosis"]), 0, 1);
            var died = deaths.GetValueOrDefault(row[RegistersFixture.Person], DateOnly.MaxValue);
            Assert.True(diagnosed <= died);
            if (row["basis_of_diagnosis"] == "0")
                Assert.Equal(diagnosed, died);
        }

        Assert.Equal(deaths.Count, registers.Death.Count);
        Assert.All(registers.Death, row => Assert.InRange(Day(row["death_date"]), LifeCourses.From, LifeCourses.Until));
        Assert.All(registers.Death, row => Assert.InRange(int.Parse(row["age_at_death"]), 0, 111));
        foreach (var tumours in registers.Cancer.GroupBy(row => row[RegistersFixture.Person]))
        {
            Assert.Equal(Enumerable.Range(1, tumours.Count()), tumours.Select(row => int.Parse(row["tumour_number"])));
            Assert.Equal(
                tumours.Select(row => row["diagnosis_date"]).Order(StringComparer.Ordinal),
                tumours.Select(row => row["diagnosis_date"])
            );
        }
    }

    [Fact]
    public void Fact_10_who_dies_of_a_cancer_is_in_the_cancer_registry_with_it()
    {
        var tumours = registers.Cancer.ToLookup(row => row[RegistersFixture.Person], row => row["icd10"]);
        var ofCancer = registers.Death.Where(row => row["underlying_cause"][0] == 'C').ToList();

        Assert.All(ofCancer, row => Assert.Contains(row["underlying_cause"], tumours[row[RegistersFixture.Person]]));
        Assert.InRange(ofCancer.Count / (double)registers.Death.Count, 0.24, 0.36);
        Assert.InRange(Share(registers.Death, row => !tumours.Contains(row[RegistersFixture.Person])), 0.4, 0.6);
    }

    [Fact]
    public void Fact_11_every_treatment_belongs_to_a_tumour_and_lies_between_its_diagnosis_and_death()
    {
        var tumours = registers.Cancer.ToLookup(row => (row[RegistersFixture.Person], row["icd10"]));
        var deaths = registers.Death.ToDictionary(row => row[RegistersFixture.Person], row => Day(row["death_date"]));
        foreach (var row in registers.Treatment)
        {
            var diagnosed = tumours[(row[RegistersFixture.Person], row["icd10"])].Select(tumour => Day(tumour["diagnosis_date"])).ToList();
            Assert.NotEmpty(diagnosed);
            var (start, died) = (Day(row["start_date"]), deaths.GetValueOrDefault(row[RegistersFixture.Person], DateOnly.MaxValue));
            Assert.True(diagnosed.Min() < start && start <= LifeCourses.Until && start <= died);
            Assert.Equal(row["outcome"] == TreatmentCourses.Ongoing, row["end_date"] == "");
            Assert.True(row["end_date"] == "" || (Day(row["end_date"]) >= start && Day(row["end_date"]) <= died));
        }

        foreach (var given in registers.Treatment.GroupBy(row => row[RegistersFixture.Person]))
        {
            Assert.Equal(Enumerable.Range(1, given.Count()), given.Select(row => int.Parse(row["treatment_number"])));
            Assert.Equal(given.Select(row => row["start_date"]).Order(StringComparer.Ordinal), given.Select(row => row["start_date"]));
        }
        Assert.InRange(registers.Treatment.Count / (double)registers.Cancer.Count, 0.98, 1.12);
    }

    [Fact]
    public void Fact_12_the_compared_get_what_their_group_says_within_four_months()
    {
        var given = registers.Treatment.ToLookup(row => row[RegistersFixture.Person]);
        var compared = registers.Cancer.Where(row => row["treatment_group"] != "" && given.Contains(row[RegistersFixture.Person])).ToList();

        Assert.NotEmpty(compared);
        Assert.All(
            compared,
            tumour =>
                Assert.Contains(
                    given[tumour[RegistersFixture.Person]],
                    row =>
                        row["icd10"] == tumour["icd10"]
                        && row["modality"] == tumour["treatment"]
                        && Day(row["start_date"]).DayNumber - Day(tumour["diagnosis_date"]).DayNumber <= 122
                )
        );
    }

    [Fact]
    public void Fact_13_each_modality_has_its_own_fields_and_no_other()
    {
        Assert.All(
            registers.Treatment,
            row =>
            {
                var (medicine, radiation) = (row["modality"] is "chemotherapy" or "immunotherapy", row["modality"] == "radiotherapy");
                Assert.Equal(medicine, row["substance"] != "");
                Assert.Equal(medicine, row["cycles"] != "");
                Assert.Equal(radiation, row["dose_gray"] != "");
                Assert.Equal(radiation, row["fractions"] != "");
                Assert.True(row["procedure"] == "" || row["modality"] == "surgery");
                Assert.True(!radiation || int.Parse(row["dose_gray"]) is >= 8 and <= 70);
            }
        );
        Assert.InRange(Share(registers.Treatment.Where(row => row["modality"] == "surgery"), row => row["procedure"] != ""), 0.6, 0.98);
    }

    [Fact]
    public void Fact_14_three_persons_in_a_hundred_had_a_d_number_first_and_some_source_still_carries_it()
    {
        var first = registers.Population.Where(line => line["kind"] == "number-change").ToList();
        var carried = registers.Numbers.ToHashSet();
        var persons = RegistersFixture.Sources.SelectMany(registers.Rows).Select(row => row[RegistersFixture.Person]).ToHashSet();
        var dNumbers = first.Where(line => line["person_id"][0] >= '4').ToList();

        Assert.InRange(dNumbers.Count / (double)persons.Count, 0.025, 0.045);
        Assert.InRange(Share(dNumbers, line => carried.Contains(line["person_id"])), 0.6, 1);
        // A chain: the number of today has one between it and the D-number.
        Assert.InRange(first.Count - dNumbers.Count, 5, 40);
        Assert.InRange(KnownByTwo(), 100, 450);
    }

    [Fact]
    public void Fact_15_a_few_addresses_are_protected_and_some_of_them_no_longer()
    {
        var isProtected = registers.Population.Where(line => line["kind"] == "address-protected").ToList();
        var opened = registers.Population.Where(line => line["kind"] == "address-open").ToList();

        Assert.InRange(isProtected.Count / (double)RegistersFixture.Size, 0.0015, 0.006);
        Assert.InRange(opened.Count, 1, isProtected.Count / 2);
        Assert.All(opened, line => Assert.Contains(isProtected, other => other["person_id"] == line["person_id"]));
    }

    // Persons of whom two sources have different numbers.
    private int KnownByTwo() =>
        RegistersFixture
            .Sources.SelectMany(registers.Rows)
            .GroupBy(row => row[RegistersFixture.Person])
            .Count(rows => rows.Select(row => row["person_id"]).Distinct().Count() > 1);

    private static int Category(IReadOnlyDictionary<string, string> row) => int.Parse(row["icd10"].AsSpan(1, 2));

    private static DateOnly Day(string text) => DateOnly.ParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static int Distinct(IEnumerable<IReadOnlyDictionary<string, string>> rows) =>
        rows.Select(row => row[RegistersFixture.Person]).Distinct().Count();

    private static double Share<T>(IEnumerable<T> rows, Func<T, bool> with)
    {
        var all = rows.ToList();
        return all.Count(with) / (double)all.Count;
    }

    private static string Rule(string number) =>
        !PersonIdentifier.TryParse(number, out var identifier) ? "invalid"
        : identifier.Rule == IdentifierRule.Current ? "current"
        : "2032";

    private double FiveYearSurvival(Func<IReadOnlyDictionary<string, string>, bool> with)
    {
        var deaths = registers.Death.ToDictionary(row => row[RegistersFixture.Person], row => Day(row["death_date"]));
        var first = registers.Cancer.Where(row =>
            row["tumour_number"] == "1" && with(row) && Day(row["diagnosis_date"]) <= LifeCourses.Until.AddYears(-5)
        );
        return Share(
            first,
            row => deaths.GetValueOrDefault(row[RegistersFixture.Person], DateOnly.MaxValue) > Day(row["diagnosis_date"]).AddYears(5)
        );
    }

    private static List<(bool New, string Stage, bool Died, int Days)> Followed(
        IEnumerable<IReadOnlyDictionary<string, string>> cancer,
        IEnumerable<IReadOnlyDictionary<string, string>> death
    )
    {
        var deaths = death.ToDictionary(row => row[RegistersFixture.Person], row => Day(row["death_date"]));
        return
        [
            .. from row in cancer
            where row["treatment_group"] != ""
            let died = deaths.TryGetValue(row[RegistersFixture.Person], out var date) ? date : (DateOnly?)null
            select (
                row["treatment_group"] == Comparison.New,
                row["stage"],
                died is not null,
                (died ?? LifeCourses.Until).DayNumber - Day(row["diagnosis_date"]).DayNumber
            ),
        ];
    }

    private static (double Ratio, double Error) RateRatio(List<(bool New, string Stage, bool Died, int Days)> followed)
    {
        var (other, standard) = (followed.FindAll(one => one.New), followed.FindAll(one => !one.New));
        var (deaths, deathsStandard) = (other.Count(one => one.Died), standard.Count(one => one.Died));
        var ratio = (double)deaths / other.Sum(one => one.Days) / ((double)deathsStandard / standard.Sum(one => one.Days));
        return (ratio, Math.Sqrt(1.0 / deaths + 1.0 / deathsStandard));
    }

    private static double StagewiseRateRatio(List<(bool New, string Stage, bool Died, int Days)> followed)
    {
        var (above, below) = (0.0, 0.0);
        foreach (var stage in followed.GroupBy(one => one.Stage))
        {
            double Days(bool isNew) => stage.Where(one => one.New == isNew).Sum(one => (double)one.Days);
            var total = Days(true) + Days(false);
            above += stage.Count(one => one.New && one.Died) * Days(false) / total;
            below += stage.Count(one => !one.New && one.Died) * Days(true) / total;
        }

        return above / below;
    }
}
