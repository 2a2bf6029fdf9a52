using System.Globalization;
using System.Text.Json.Nodes;
using HealthDataNode.SyntheticRegisters;
using HealthDataNode.SyntheticRegisters.Output;

namespace HealthDataNode.Services.Tests.Registers;

public sealed class Descriptions_of_the_registers(RegistersFixture registers)
{
    private static readonly string[] Themes = ["CANCER_DISEASE", "NONCOMMUNICABLE_DISEASES", "INJURY_PREVENTION"];

    [Theory]
    [InlineData("cancer", "cancerregistry", "999000101", "MRMR")]
    [InlineData("death", "deathregistry", "999000102", "MRMR")]
    [InlineData("treatment", "hospitaltrust", "999000103", "EHRS")]
    public void Name_their_source_holder_and_categories(string source, string holder, string org, string category)
    {
        var description = Descriptions.Read(source);

        Assert.Equal(source, (string?)description["source"]);
        Assert.Equal(holder, (string?)description["holder"]);
        Assert.Equal(org, (string?)description["holderOrg"]);
        Assert.Contains(category, description["healthCategories"]!.AsArray().Select(code => (string?)code));
        Assert.All(description["healthThemes"]!.AsArray(), code => Assert.Contains((string?)code, Themes));
        Assert.Contains("CANCER_DISEASE", description["healthThemes"]!.AsArray().Select(code => (string?)code));
        // HealthDCAT-AP R8: the EHDS itself must be among the legislation.
        Assert.Contains(
            "http://data.europa.eu/eli/reg/2025/327/oj",
            description["applicableLegislation"]!.AsArray().Select(iri => (string?)iri)
        );
    }

    [Theory]
    [InlineData("cancer")]
    [InlineData("death")]
    [InlineData("treatment")]
    public void Describe_every_column_but_the_person_in_order_and_in_both_languages(string source)
    {
        var description = Descriptions.Read(source);
        var variables = description["variables"]!.AsArray().Select(variable => variable!.AsObject()).ToList();

        Assert.Equal(Generation.ColumnsOf(source)[1..], variables.Select(variable => (string)variable["name"]!));
        foreach (
            var texts in variables
                .Append(description)
                .SelectMany(one => new[] { one["title"]!, one["description"]! })
                .Append(description["provenance"]!)
        )
        {
            Assert.False(string.IsNullOrWhiteSpace((string?)texts["nb"]));
            Assert.False(string.IsNullOrWhiteSpace((string?)texts["en"]));
        }
    }

    [Theory]
    [InlineData("cancer")]
    [InlineData("death")]
    [InlineData("treatment")]
    public void Give_each_column_a_type_and_length_that_every_cell_has(string source)
    {
        var rows = registers.Rows(source);
        foreach (var variable in Descriptions.Read(source)["variables"]!.AsArray())
        {
            var (name, type) = ((string)variable!["name"]!, (string)variable["datatype"]!);
            var longest = (int?)variable["maxLength"] ?? int.MaxValue;
            Assert.Equal(type == "string", variable["maxLength"] is not null);
            Assert.All(rows, row => Assert.True(Is(type, row[name]) && row[name].Length <= longest, $"{name} is no {type}"));
        }
    }

    [Theory]
    [InlineData("cancer")]
    [InlineData("death")]
    [InlineData("treatment")]
    public void Carry_the_counts_of_the_files_beside_them(string source)
    {
        var rows = registers.Rows(source);
        var written = JsonNode.Parse(File.ReadAllText(Path.Combine(registers.Folder, "descriptions", $"{source}.json")))!;

        Assert.Equal(rows.Count, (int?)written["numberOfRecords"]);
        Assert.Equal(rows.Select(row => row["person_id"]).Distinct().Count(), (int?)written["numberOfUniqueIndividuals"]);
        Assert.InRange(
            rows.Min(row =>
                row[
                    source == "cancer" ? "diagnosis_date"
                    : source == "death" ? "death_date"
                    : "start_date"
                ]
            )!,
            (string)written["temporalStart"]!,
            (string)written["temporalEnd"]!
        );
    }

    private static bool Is(string type, string text) =>
        type switch
        {
            "string" => true,
            // No value at all is of every type.
            _ when text == "" => true,
            "integer" => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _),
            "date" => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
            "boolean" => text is "true" or "false",
            _ => false,
        };
}
