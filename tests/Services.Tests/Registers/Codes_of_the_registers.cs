using System.Text.RegularExpressions;
using HealthDataNode.SyntheticRegisters.Disease;

namespace HealthDataNode.Services.Tests.Registers;

/// <summary>
/// The codes against the lists they come from, as far as those are sequences: WHO's categories C00-C97, ICD-O-3's
/// topography, the groups of morphology that go with a place. All codes used were compared with a copy of ICD-10
/// 2019 once; the copy is not part of this repository.
/// </summary>
public sealed partial class Codes_of_the_registers(RegistersFixture registers)
{
    private static readonly HashSet<int> Icd10 =
    [
        .. Range(0, 26),
        .. Range(30, 34),
        .. Range(37, 41),
        43,
        .. Range(44, 58),
        .. Range(60, 86),
        88,
        .. Range(90, 97),
    ];

    private static readonly HashSet<int> Topography =
    [
        .. Range(0, 26),
        .. Range(30, 34),
        .. Range(37, 42),
        44,
        .. Range(47, 58),
        .. Range(60, 77),
        80,
    ];

    private static readonly string[] Counties = ["03", "11", "15", "18", "31", "32", "33", "34", "39", "40", "42", "46", "50", "55", "56"];

    private static readonly string[] Places = ["hospital", "nursing-home", "home", "abroad", "other"];

    private static readonly string[] Intents = ["curative", "palliative"];
    private static readonly string[] Outcomes = ["completed", "stopped", "ongoing"];

    private static readonly Dictionary<string, string[]> Lists = new()
    {
        ["stage"] = ["", "I", "II", "III", "IV"],
        ["basis_of_diagnosis"] = ["0", "1", "2", "4", "5", "6", "7", "9"],
        ["treatment"] = ["surgery", "radiotherapy", "chemotherapy", "immunotherapy", "none"],
        ["treatment_group"] = ["", "standard", "new"],
        ["sex"] = ["female", "male"],
        ["county"] = Counties,
    };

    [Fact]
    public void Are_cancers_of_icd_10()
    {
        Assert.All(
            registers.Cancer,
            row =>
            {
                Assert.Matches(Code(), row["icd10"]);
                Assert.Contains(int.Parse(row["icd10"].AsSpan(1, 2)), Icd10);
            }
        );
    }

    [Fact]
    public void Have_the_topography_of_their_diagnosis()
    {
        Assert.All(
            registers.Cancer,
            row =>
            {
                Assert.Matches(@"^C\d\d\.\d$", row["topography"]);
                Assert.Contains(int.Parse(row["topography"].AsSpan(1, 2)), Topography);
                var category = int.Parse(row["icd10"].AsSpan(1, 2));
                if (category is not (43 or 45) && category < 80)
                    Assert.StartsWith(row["icd10"], row["topography"]);
                if (category is 43)
                    Assert.StartsWith("C44", row["topography"]);
                if (category >= 88)
                    Assert.StartsWith("C42", row["topography"]);
            }
        );
    }

    [Fact]
    public void Have_a_malignant_morphology_that_goes_with_the_place()
    {
        Assert.All(
            registers.Cancer,
            row =>
            {
                Assert.Matches(@"^[89]\d\d\d/3$", row["morphology"]);
                var (category, form) = (int.Parse(row["icd10"].AsSpan(1, 2)), int.Parse(row["morphology"].AsSpan(0, 4)));
                var verified = row["basis_of_diagnosis"] is "5" or "6" or "7";
                if (category >= 81)
                    Assert.InRange(form, 9590, 9989);
                else if (!verified)
                    Assert.Equal(8000, form);
                else if (category == 43)
                    Assert.InRange(form, 8720, 8790);
                else if (category is 45)
                    Assert.InRange(form, 9050, 9053);
                else if (category is 70 or 71)
                    Assert.InRange(form, 9380, 9539);
                else
                    Assert.NotInRange(form, 9590, 9989);
            }
        );
    }

    [Fact]
    public void Are_the_registers_own_lists_elsewhere()
    {
        foreach (var (column, codes) in Lists)
            Assert.All(registers.Cancer, row => Assert.Contains(row[column], codes));
        Assert.Equal(Counties, registers.Cancer.Select(row => row["county"]).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Are_causes_of_death_of_icd_10()
    {
        Assert.All(
            registers.Death,
            row =>
            {
                Assert.Matches(Code(), row["underlying_cause"]);
                Assert.Matches("^$|" + Code(), row["contributing_cause_1"]);
                Assert.Matches("^$|" + Code(), row["contributing_cause_2"]);
                Assert.Contains(row["place_of_death"], Places);
            }
        );
        Assert.DoesNotContain(
            registers.Death,
            row => row["underlying_cause"] == "U07.1" && string.CompareOrdinal(row["death_date"], "2020-03-01") < 0
        );
    }

    [Fact]
    public void Are_of_the_form_of_their_lists_in_the_hospital_trusts_extract()
    {
        Assert.All(TreatmentCodes.AllProcedures, code => Assert.Matches(@"^[A-Q][A-Z]{2}\d\d$", code));
        // ATC: L01 is what is given against cancer.
        Assert.All(TreatmentCodes.AllSubstances, code => Assert.Matches(@"^L01[A-Z]{2}\d\d$", code));
        Assert.All(
            registers.Treatment,
            row =>
            {
                Assert.Matches(Code(), row["icd10"]);
                Assert.Contains(row["modality"], Lists["treatment"][..4]);
                Assert.Contains(row["intent"], Intents);
                Assert.Contains(row["outcome"], Outcomes);
                Assert.True(row["procedure"] == "" || TreatmentCodes.AllProcedures.Contains(row["procedure"]));
                Assert.True(row["substance"] == "" || TreatmentCodes.AllSubstances.Contains(row["substance"]));
            }
        );
    }

    [Fact]
    public void Have_a_hazard_for_every_stage_they_can_have()
    {
        Assert.All(Sites.All, site => Assert.Equal(site.Stages is null ? 1 : 4, site.Hazards.Length));
        Assert.All(
            Sites.All,
            site => Assert.True(site.Morphologies is not null || site.Subsites.Values.All(part => part.Morphology is not null))
        );
    }

    private static IEnumerable<int> Range(int from, int to) => Enumerable.Range(from, to - from + 1);

    [GeneratedRegex(@"^[A-Z]\d\d(\.\d)?$")]
    private static partial Regex Code();
}
