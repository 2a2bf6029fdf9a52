using System.Security.Cryptography;
using System.Text.Json;
using HealthDataNode.SyntheticRegisters;
using HealthDataNode.SyntheticRegisters.Output;
using HealthDataNode.SyntheticRegisters.Population;

namespace HealthDataNode.Services.Tests.Registers;

public sealed class The_files_of_the_registers(RegistersFixture registers) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("registers-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // A change here is a change of everybody's data: it belongs in the message of the commit that makes it.
    [Theory]
    [InlineData("cancer.csv", "ec9b17b1a783b4eac2163df8eb900edf003f08bdcde14d7f30f01f34d4529317")]
    [InlineData("death.csv", "059f731b9517b28d4416c9a65768d01a9d7ff4e63eed1636cc46ac1d7203ebc2")]
    [InlineData("treatment.csv", "78c0d1827481e56d63c33c14eae60ab3e13d712d5d83d067c27afa6dcfaa456f")]
    [InlineData("population.csv", "b5e00ace02a4897102a706e3471c7d3ee6d51e967026354684103c9461b335bb")]
    [InlineData("population-late.csv", "0b973b00e87eb912c5eff919482bc793bedc95d61a96208ec998ff396af37602")]
    [InlineData("citizens.json", "3bac2803d3de541491be8261eb5f7df83a7261d61344f0866c45135cf5bd4ad9")]
    public void Are_the_same_bytes_for_the_same_seed_and_size(string file, string digest)
    {
        Generation.Run(7, 2000, 0.6, _folder);

        Assert.Equal(digest, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(_folder, file)))));
    }

    [Fact]
    public void Differ_for_another_seed()
    {
        Generation.Run(2, 200, 0.6, _folder);

        Assert.Empty(
            RegistersFixture.Read(Path.Combine(_folder, "death.csv")).Select(row => row["person_id"]).Intersect(registers.Numbers)
        );
    }

    [Theory]
    [InlineData("cancer.csv")]
    [InlineData("death.csv")]
    [InlineData("treatment.csv")]
    [InlineData("population.csv")]
    public void Of_few_persons_are_the_beginning_of_those_of_more(string file)
    {
        Generation.Run(1, 1000, 0.6, _folder);

        var few = File.ReadAllBytes(Path.Combine(_folder, file));
        Assert.NotEmpty(registers.Cancer);
        Assert.True(File.ReadAllBytes(Path.Combine(registers.Folder, file)).AsSpan().StartsWith(few));
    }

    [Theory]
    [InlineData("cancer.csv")]
    [InlineData("death.csv")]
    [InlineData("treatment.csv")]
    public void Are_plain_text_with_a_header_and_no_control_character_but_line_ends(string file)
    {
        Assert.NotEmpty(registers.Cancer);
        var bytes = File.ReadAllBytes(Path.Combine(registers.Folder, file));

        Assert.StartsWith("person_id,", System.Text.Encoding.UTF8.GetString(bytes, 0, 64));
        Assert.Equal((byte)'\n', bytes[^1]);
        Assert.DoesNotContain(bytes, value => value is < 0x20 and not (byte)'\n' or (byte)'"' or >= 0x7F);
    }

    [Fact]
    public void Keep_the_rows_of_a_person_together()
    {
        foreach (var file in RegistersFixture.Sources.Select(registers.Rows))
        {
            var runs = file.Where((row, n) => n == 0 || file[n - 1]["person_id"] != row["person_id"]).Count();
            Assert.Equal(file.Select(row => row["person_id"]).Distinct().Count(), runs);
        }
    }

    [Fact]
    public void Are_counted_in_facts_json()
    {
        Assert.NotEmpty(registers.Cancer);
        using var facts = JsonDocument.Parse(File.ReadAllText(Path.Combine(registers.Folder, "facts.json")));
        var root = facts.RootElement;

        Assert.Equal(1, root.GetProperty("seed").GetInt32());
        Assert.Equal(RegistersFixture.Size, root.GetProperty("persons").GetInt32());
        Assert.Equal(0.6, root.GetProperty("effect").GetDouble());
        Assert.Equal(registers.Cancer.Count, root.GetProperty("cancer").GetProperty("rows").GetInt32());
        Assert.Equal(registers.Death.Count, root.GetProperty("death").GetProperty("rows").GetInt32());
        Assert.Equal(registers.Treatment.Count, root.GetProperty("treatment").GetProperty("rows").GetInt32());
        var (cancer, death, treatment) = (Persons("cancer"), Persons("death"), Persons("treatment"));
        Assert.Equal(cancer.Intersect(death).Count(), root.GetProperty("personsInBoth").GetInt32());
        Assert.Equal(treatment.Intersect(death).Count(), root.GetProperty("personsInAll").GetInt32());
        Assert.Equal(cancer.Union(death).Count(), root.GetProperty("numbers").GetProperty("persons").GetInt32());
        Assert.Equal(
            RegistersFixture
                .Sources.SelectMany(registers.Rows)
                .GroupBy(row => row[RegistersFixture.Person])
                .Count(rows => rows.Select(row => row["person_id"]).Distinct().Count() > 1),
            root.GetProperty("knownByTwoNumbers").GetInt32()
        );
    }

    [Fact]
    public void Number_the_lines_of_the_population_register_on_into_those_that_come_late()
    {
        var lines = registers.Population;
        var late = RegistersFixture.Read(registers.Made("population-late.csv"));

        Assert.Equal(Enumerable.Range(1, lines.Count), lines.Select(line => int.Parse(line["number"])));
        Assert.Equal(Identities.LateMerges, late.Count);
        Assert.All(lines, line => Assert.Equal(line["kind"] == "number-change", line["other_id"] != ""));
        Assert.All(lines, line => Assert.Matches(@"^\d{4}-\d\d-\d\d$", line["date"]));
        Assert.All(late, line => Assert.Equal("number-change", line["kind"]));
        // Each number has at most one before it, so that everybody has one first number.
        var changes = lines.Where(line => line["kind"] == "number-change").ToList();
        Assert.Equal(changes.Count, changes.Select(line => line["other_id"]).Distinct().Count());
        Assert.Equal(changes.Count, changes.Select(line => line["person_id"]).Distinct().Count());
    }

    [Theory]
    [InlineData(2000)]
    [InlineData(500)]
    public void Have_the_late_merges_and_the_citizens_however_few_persons_there_are(int persons)
    {
        Generation.Run(1, persons, 0.6, _folder);
        var late = RegistersFixture.Read(Path.Combine(_folder, "population-late.csv"));
        var told = RegistersFixture.Read(Path.Combine(_folder, "population.csv")).Where(line => line["kind"] == "number-change");
        var sources = RegistersFixture.Sources.ToDictionary(
            source => source,
            source => RegistersFixture.Read(Path.Combine(_folder, $"{source}.csv")).Select(row => row["person_id"]).ToHashSet()
        );

        Assert.Equal(50, late.Count);
        // Two persons until then: the cancer registry has the one, the others have the other, and no line says so.
        Assert.All(
            late,
            line =>
                Assert.True(
                    sources["cancer"].Contains(line["person_id"])
                        && !sources["cancer"].Contains(line["other_id"])
                        && sources["death"].Contains(line["other_id"])
                        && sources["treatment"].Contains(line["other_id"])
                )
        );
        Assert.Empty(late.Select(line => line["other_id"]).Intersect(told.Select(line => line["other_id"])));
        using var citizens = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder, "citizens.json")));
        Assert.Equal(Identities.Citizens, citizens.RootElement.EnumerateObject().Select(citizen => citizen.Name));
        foreach (var citizen in citizens.RootElement.EnumerateObject())
        {
            var number = citizen.Value.GetProperty("number").GetString()!;
            var before = told.FirstOrDefault(line => line["other_id"] == number)?["person_id"];
            Assert.Equal(citizen.Name == "elin.citizen", before is not null);
            Assert.Contains(before ?? number, sources["cancer"]);
            Assert.Contains(number, sources["death"]);
            Assert.Contains(number, sources["treatment"]);
        }
    }

    private HashSet<string> Persons(string source) => [.. registers.Rows(source).Select(row => row[RegistersFixture.Person])];

    // The digits below the raised month are put together here and stand in no file.
    [Theory]
    [InlineData(80)]
    [InlineData(40)]
    [InlineData(1)]
    public void Refuse_a_number_that_is_not_synthetic_and_do_not_say_it(int lowered)
    {
        var synthetic = new People(1).At(0).Number;
        var month = int.Parse(synthetic.AsSpan(2, 2)) - lowered;
        var number = synthetic[..2] + (lowered == 1 ? "80" : month.ToString("00")) + synthetic[4..];
        using var stream = new MemoryStream();
        using var file = new RegisterFile(stream, "person_id", "sex");

        var refused = Assert.Throws<InvalidOperationException>(() => file.Write(number, "female"));

        Assert.DoesNotContain(number[4..], refused.Message);
        Assert.Equal(0, file.Rows);
    }

    [Theory]
    [InlineData("93")]
    [InlineData("8x")]
    [InlineData("")]
    public void Refuse_what_has_no_synthetic_month(string month)
    {
        var synthetic = new People(1).At(0).Number;

        Assert.Throws<InvalidOperationException>(() => SyntheticNumber.Require(synthetic[..2] + month + synthetic[4..]));
    }

    [Fact]
    public void Refuse_a_control_character_and_quote_what_needs_it()
    {
        var number = new People(1).At(0).Number;
        var stream = new MemoryStream();
        using (var file = new RegisterFile(stream, "person_id", "text"))
        {
            Assert.Throws<InvalidOperationException>(() => file.Write(number, "a\u001Fb"));
        }

        stream = new MemoryStream();
        using (var file = new RegisterFile(stream, "person_id", "text"))
            file.Write(number, "a,\"b\"");
        Assert.Equal($"person_id,text\n{number},\"a,\"\"b\"\"\"\n", System.Text.Encoding.UTF8.GetString(stream.ToArray()));
    }

    [Fact]
    public void Print_no_person()
    {
        Assert.Equal("***", new People(1).At(0).ToString());
    }
}
