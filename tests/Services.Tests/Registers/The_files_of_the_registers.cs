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
    [InlineData("cancer.csv", "b51184b1017e84e1f5f6ec870e8f2aeaba9529b0c5d24af835a270878a4da8ab")]
    [InlineData("death.csv", "059f731b9517b28d4416c9a65768d01a9d7ff4e63eed1636cc46ac1d7203ebc2")]
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
            RegistersFixture
                .Read(Path.Combine(_folder, "death.csv"))
                .Select(row => row["person_id"])
                .Intersect(registers.Numbers)
        );
    }

    [Theory]
    [InlineData("cancer.csv")]
    [InlineData("death.csv")]
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
        foreach (var file in new[] { registers.Cancer, registers.Death })
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
        Assert.Equal(
            registers
                .Cancer.Select(row => row["person_id"])
                .Intersect(registers.Death.Select(row => row["person_id"]))
                .Count(),
            root.GetProperty("personsInBoth").GetInt32()
        );
        Assert.Equal(registers.Numbers.Count(), root.GetProperty("numbers").GetProperty("persons").GetInt32());
    }

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

        var refused = Assert.Throws<InvalidOperationException>(() => file.Write(Somebody(number), "female"));

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

        Assert.Throws<InvalidOperationException>(() =>
            SyntheticNumber.Require(synthetic[..2] + month + synthetic[4..])
        );
    }

    [Fact]
    public void Refuse_a_control_character_and_quote_what_needs_it()
    {
        var number = new People(1).At(0).Number;
        var stream = new MemoryStream();
        using (var file = new RegisterFile(stream, "person_id", "text"))
        {
            Assert.Throws<InvalidOperationException>(() => file.Write(Somebody(number), "a\u001Fb"));
        }

        stream = new MemoryStream();
        using (var file = new RegisterFile(stream, "person_id", "text"))
            file.Write(Somebody(number), "a,\"b\"");
        Assert.Equal(
            $"person_id,text\n{number},\"a,\"\"b\"\"\"\n",
            System.Text.Encoding.UTF8.GetString(stream.ToArray())
        );
    }

    [Fact]
    public void Print_no_person()
    {
        Assert.Equal("***", new People(1).At(0).ToString());
    }

    private static Person Somebody(string number) =>
        new(0, number, new DateOnly(1950, 1, 1), Sex.Female, "03", false, false, Flaw.None);
}
