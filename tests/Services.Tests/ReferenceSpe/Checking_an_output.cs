using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using HealthDataNode.ReferenceSpe.Airlock;
using HealthDataNode.ReferenceSpe.Airlock.Checking;
using Microsoft.Extensions.Configuration;

namespace HealthDataNode.Services.Tests.ReferenceSpe;

/// <summary>The airlock's automatic checks, file by file (EHDS 73(2)).</summary>
[Collection(Gateway.Measuring.Name)]
public sealed class Checking_an_output : IDisposable
{
    // Synthetic: month + 80, a form that is never issued.
    private static readonly string Number = Protocol.Synthetic.Number(0);
    private const string Good = "grp,n,days\nsurgery,5,120.5\nradiation,0,\nother,,\n";

    private readonly string folder = Directory.CreateTempSubdirectory("airlock-").FullName;
    private readonly byte[] pseudonym = Consignment.Pseudonym("anna");
    private readonly Dictionary<string, string> columns = new()
    {
        ["grp"] = "group",
        ["n"] = "count",
        ["days"] = "measure",
    };

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    [Trait("Article", "EHDS 73(2)")]
    public void Lets_a_table_of_counts_pass() => Assert.Equal([], Check(Good));

    [Theory]
    [InlineData("grp,n,days\nsurgery,3,1\n", "cells", "line 2, column 2")]
    [InlineData("grp,n,days\nsurgery,-5,1\n", "cells", "line 2, column 2")]
    [InlineData("grp,n,days\nsurgery,5.0,1\n", "cells", "line 2, column 2")]
    [InlineData("grp,n,days\nsurgery,05,1\n", "cells", "line 2, column 2")]
    [InlineData("grp,n,days\nsurgery,5,many\n", "cells", "line 2, column 3")]
    [InlineData("grp,n,days,age\nsurgery,5,1,7\n", "columns", "line 1, column 4")]
    [InlineData("grp,n,n\nsurgery,5,5\n", "columns", "line 1, column 3")]
    [InlineData("grp,n\nsurgery,5\n", "columns", "line 1")]
    [InlineData("grp,n,days\nsurgery,5\n", "type", "line 2")]
    [InlineData("grp,n,days\n\"surgery,5,1\n", "type", "line 2: quote-unterminated")]
    [InlineData("grp,n,days\nsur\"gery,5,1\n", "type", "line 2: quote-malformed")]
    [InlineData("grp,n,days\nsur\tgery,5,1\n", "type", "line 2: control-character")]
    [InlineData("", "type", null)]
    public void Refuses_a_table_that_is_not_about_groups_and_says_where(string csv, string rule, string? place) =>
        Assert.Contains(new Finding(rule, "table.csv", place), Check(csv));

    // A formula runs where a checker opens the table, an invisible letter and a long number say what nobody reads.
    [Theory]
    [InlineData("=HYPERLINK(A1),5,1", 1)]
    [InlineData("@SUM(A1),5,1", 1)]
    [InlineData("+cmd|' /C calc'!A0,5,1", 1)]
    [InlineData("sur\u200Bgery,5,1", 1)]
    [InlineData("sur\u202Egery,5,1", 1)]
    [InlineData("sur\uE001gery,5,1", 1)]
    [InlineData("surgery,5,1.0000000000000000000000001", 3)]
    [InlineData("surgery,5,1-2+3", 3)]
    [InlineData("-1.5,5,1", null)]
    [InlineData("kvinner \u2265 65 år,5,-1.7976931348623157E+308", null)]
    [Trait("Invariant", "3")]
    [Trait("Article", "EHDS 73(2)")]
    public void Lets_nothing_pass_that_a_checker_does_not_see_as_it_is(string row, int? column) =>
        Assert.Equal(column is null ? [] : [new Finding("cells", "table.csv", $"line 2, column {column}")], Check($"grp,n,days\n{row}\n"));

    [Fact]
    public void Lets_no_column_name_pass_with_a_letter_that_nobody_sees()
    {
        columns.Remove("days");
        columns["da\u200Bys"] = "measure";
        Assert.Contains(new Finding("columns", "table.csv", "line 1, column 3"), Check("grp,n,da\u200Bys\nsurgery,5,1\n"));
    }

    [Fact]
    public void Needs_a_count_to_judge_a_table_by()
    {
        columns["n"] = "measure";
        Assert.Contains(new Finding("columns", "table.csv", "line 1"), Check(Good));
    }

    [Theory]
    [InlineData("other,,7")]
    [InlineData("other,0,7")]
    [InlineData("other,,0")]
    [Trait("Article", "EHDS 73(2)")]
    public void Refuses_what_is_measured_where_no_count_is_shown(string row)
    {
        var finding = Assert.Single(Check($"grp,n,days\nsurgery,5,120.5\n{row}\n"));
        Assert.Equal("cells", finding.Rule);
        Assert.StartsWith("line 3, column 3: ", finding.Place, StringComparison.Ordinal);
    }

    [Fact]
    public void Lets_a_measure_pass_beside_one_count_that_is_shown()
    {
        columns["deaths"] = "count";
        Assert.Equal([], Check("grp,n,deaths,days\nsurgery,12,,120.5\n"));
    }

    // What somebody would write who wants the rows: years and stages as groups, and some count beside them.
    [Theory]
    [InlineData("", "too many rows show no count")]
    [InlineData("0", "too many rows show no count")]
    [InlineData("5", "nearly all rows have the same counts")]
    [InlineData("77", "nearly all rows have the same counts")]
    [Trait("Invariant", "3")]
    [Trait("Article", "EHDS 73(2)")]
    public void Refuses_rows_about_persons_with_a_count_that_says_nothing(string count, string why)
    {
        var (born, stage) = (Enumerable.Range(1940, 20), Enumerable.Range(1, 5));
        columns["stage"] = "group";
        var csv = "grp,stage,n,days\n" + string.Concat(born.SelectMany(b => stage.Select(s => $"{b},{s},{count},\n")));
        var finding = Assert.Single(Check(csv));
        Assert.Equal("rows", finding.Rule);
        Assert.StartsWith(why, finding.Place, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, 3, false)]
    [InlineData(4, 2, true)]
    [InlineData(6, 5, false)]
    [InlineData(20, 5, true)]
    [InlineData(20, 6, false)]
    public void Lets_some_rows_show_no_count(int rows, int hidden, bool passes)
    {
        var csv = "grp,n,days\n" + string.Concat(Enumerable.Range(0, rows).Select(i => $"g{i},{(i < hidden ? "" : 10 + i)},\n"));
        Assert.Equal(passes ? [] : ["rows"], Check(csv).Select(f => f.Rule));
    }

    [Fact]
    [Trait("Invariant", "3")]
    [Trait("Article", "EHDS 73(2)")]
    public void Refuses_two_rows_of_one_group()
    {
        columns["stage"] = "group";
        var finding = Assert.Single(Check("grp,stage,n,days\na,bc,5,1\nab,c,6,2\na,bc,7,3\n"));
        Assert.Equal("rows", finding.Rule);
        Assert.StartsWith("line 4: another row has the same groups", finding.Place, StringComparison.Ordinal);
    }

    // A long table, a curve over time, and equal groups: each is about groups.
    [Fact]
    public void Lets_tables_pass_that_have_one_row_for_each_combination_of_groups()
    {
        columns["year"] = "group";
        var curve = Enumerable.Range(0, 60).Select(i => $"{(i % 2 == 0 ? "surgery" : "radiation")},{i / 2},{500 - i},{1 - (i * 0.01)}\n");
        Assert.Equal([], Check("grp,year,n,days\n" + string.Concat(curve)));
        Assert.Equal([], Check("grp,year,n,days\n" + string.Concat(Enumerable.Range(1, 10).Select(i => $"tenth,{i},120,{i}\n"))));
    }

    [Fact]
    public void Refuses_rows_about_persons()
    {
        var many = new StringBuilder("grp,n,days\n");
        for (var i = 0; i < 600; i++)
        {
            many.Append($"group {i},{7 + (i % 50)},1\n");
        }

        Assert.StartsWith("column 1: ", Assert.Single(Check(many.ToString())).Place, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_more_rows_than_a_table_of_groups_has()
    {
        columns["year"] = "group";
        var many = Enumerable.Range(0, 10_001).Select(i => $"group {i / 100},{i % 100},{7 + (i % 50)},1\n");
        var finding = Assert.Single(Check("grp,year,n,days\n" + string.Concat(many)));
        Assert.Equal("rows", finding.Rule);
        Assert.StartsWith("more than 10000 rows", finding.Place, StringComparison.Ordinal);
    }

    public static TheoryData<string> Hidings =>
        ["text", "spaced", "dotted", "other digits", "utf-16", "utf-16 big-endian", "utf-32", "hex", "zip in zip", "gzip", "name in a zip"];

    [Theory]
    [MemberData(nameof(Hidings))]
    [Trait("Invariant", "3")]
    public void Finds_an_identifier_however_it_is_hidden(string how)
    {
        var line = $"grp,n,days\n{Number},5,1\n";
        var bytes = how switch
        {
            "spaced" => Encoding.UTF8.GetBytes($"grp,n,days\n{Number[..6]} {Number[6..]},5,1\n"),
            "dotted" => Encoding.UTF8.GetBytes($"grp,n,days\n{Number[..2]}.{Number[2..4]}.{Number[4..6]}/{Number[6..]},5,1\n"),
            "other digits" => Encoding.UTF8.GetBytes(
                $"grp,n,days\n{string.Concat(Number.Select(c => (char)('\u0660' + (c - '0'))))},5,1\n"
            ),
            "utf-16" => Encoding.Unicode.GetBytes(line),
            "utf-16 big-endian" => Encoding.BigEndianUnicode.GetBytes(line),
            "utf-32" => Encoding.UTF32.GetBytes(line),
            "hex" => Encoding.UTF8.GetBytes($"grp,n,days\n{Convert.ToHexStringLower(Encoding.UTF8.GetBytes(Number))},5,1\n"),
            "zip in zip" => Hidden.Zip("inner.zip", Hidden.Zip("table.csv", Encoding.UTF8.GetBytes(line))),
            "gzip" => Gzip(Encoding.UTF8.GetBytes(line)),
            "name in a zip" => Hidden.Zip($"{Number}.csv", "x"u8.ToArray()),
            _ => Encoding.UTF8.GetBytes(line),
        };
        var findings = Check(bytes);
        Assert.Contains(findings, f => f.Rule == "identifiers");
        Assert.DoesNotContain(findings, f => $"{f.File}{f.Place}".Contains(Number, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(6, 5, "group")]
    [InlineData(4, 7, "group")]
    [InlineData(6, 5, "measure")]
    public void Finds_an_identifier_that_is_split_over_two_columns(int first, int second, string kind)
    {
        columns.Remove("days");
        (columns["a"], columns["b"]) = (kind, kind);
        var table = $"grp,b,n,a\nx,{Number[^second..]},5,{Number[..first]}\n";
        Assert.Contains(Check(table), f => f.Rule == "identifiers");
    }

    [Fact]
    public void Finds_an_identifier_that_is_split_over_columns_that_follow_each_other()
    {
        columns.Remove("days");
        (columns["a"], columns["b"], columns["c"]) = ("group", "group", "group");
        Assert.Contains(Check($"grp,a,b,c,n\nx,{Number[..3]},{Number[3..8]},{Number[8..]},5\n"), f => f.Rule == "identifiers");
    }

    [Fact]
    public void Does_not_take_two_numbers_for_an_identifier()
    {
        // Of four rows one pair of numbers is by chance a valid identifier.
        columns["days"] = "measure";
        var table = $"grp,n,days\na,{Ordinary[..4]},{Ordinary[4..]}\nb,1234,7654321\nc,2345,7654321\nd,3456,7654321\n";
        Assert.Equal([], Check(table));
    }

    public static TheoryData<string> Forms => ["text", "upper case", "beginning", "as a UUID", "base64", "utf-16", "split"];

    [Theory]
    [MemberData(nameof(Forms))]
    public void Finds_a_pseudonym_of_the_room(string form)
    {
        var hex = Convert.ToHexStringLower(pseudonym);
        var text = form switch
        {
            "upper case" => hex.ToUpperInvariant(),
            "beginning" => hex[..12],
            "as a UUID" => new Guid(pseudonym, bigEndian: true).ToString(),
            "base64" => Convert.ToBase64String(pseudonym),
            _ => hex,
        };
        columns["b"] = "group";
        var csv = form == "split" ? $"grp,b,n,days\n{hex[..16]},{hex[16..]},5,1\n" : $"grp,b,n,days\n{text},x,5,1\n";
        var findings = Check(form == "utf-16" ? Encoding.Unicode.GetBytes(csv) : Encoding.UTF8.GetBytes(csv));
        Assert.Contains(findings, f => f.Rule == "pseudonyms");
        Assert.DoesNotContain(findings, f => f.Rule == "identifiers");
    }

    [Fact]
    public void Lets_what_looks_like_a_pseudonym_of_another_room_pass()
    {
        columns.Remove("days");
        Assert.Equal([], Check($"grp,n\n{Convert.ToHexStringLower(Consignment.Pseudonym("somebody else"))},5\n"));
    }

    [Theory]
    [InlineData("tEXt", "metadata")]
    [InlineData("eXIf", "metadata")]
    [InlineData("behind", "metadata")]
    [InlineData("none", null)]
    public void Lets_an_image_of_pixels_pass_and_nothing_beside_them(string what, string? rule)
    {
        var secret = Encoding.ASCII.GetBytes($"Comment\0{Number}");
        byte[] png =
        [
            .. Png,
            .. what is "tEXt" or "eXIf" ? Chunk(what, secret) : [],
            .. Chunk("IEND", []),
            .. what == "behind" ? secret : [],
        ];
        var findings = Check(png, "png", "figure.png");
        Assert.Equal(rule is null ? [] : ["identifiers", rule], findings.Select(f => f.Rule).Order(StringComparer.Ordinal));
    }

    // What belongs to an image and is longer, or there more often, than an image needs: a place for rows.
    [Theory]
    [InlineData("pHYs", 9, 1, false)]
    [InlineData("pHYs", 9, 2, true)]
    [InlineData("sBIT", 1000, 1, true)]
    [InlineData("tRNS", 256, 40, true)]
    [InlineData("IHDR", 13, 1, true)]
    [Trait("Invariant", "3")]
    [Trait("Article", "EHDS 73(2)")]
    public void Lets_no_part_of_an_image_hold_more_than_it_needs(string type, int length, int times, bool isRefused)
    {
        var parts = Enumerable.Repeat(Chunk(type, Encoding.ASCII.GetBytes(new string('7', length))), times).SelectMany(part => part);
        var findings = Check([.. Png, .. parts, .. Chunk("IEND", [])], "png", "figure.png");
        Assert.Equal(isRefused ? ["metadata"] : [], findings.Select(f => f.Rule).Distinct());
    }

    [Theory]
    [InlineData(4, false)]
    [InlineData(200, true)]
    [Trait("Invariant", "3")]
    [Trait("Article", "EHDS 73(2)")]
    public void Lets_no_tables_of_a_photograph_hold_more_than_it_needs(int tables, bool isRefused)
    {
        byte[] table = [0xFF, 0xDB, 0, 67, .. Encoding.ASCII.GetBytes(new string('7', 65))];
        byte[] jpeg =
        [
            0xFF,
            0xD8,
            .. Enumerable.Repeat(table, tables).SelectMany(bytes => bytes),
            0xFF,
            0xDA,
            0,
            4,
            1,
            2,
            9,
            9,
            0xFF,
            0xD9,
        ];
        Assert.Equal(isRefused ? ["metadata"] : [], Check(jpeg, "jpeg", "figure.jpeg").Select(f => f.Rule));
    }

    [Theory]
    [InlineData(0xFE, "metadata")]
    [InlineData(0xE1, "metadata")]
    [InlineData(0xDB, null)]
    public void Lets_no_comment_of_a_photograph_pass(int marker, string? rule)
    {
        byte[] jpeg = [0xFF, 0xD8, 0xFF, (byte)marker, 0, 6, 1, 2, 3, 4, 0xFF, 0xDA, 0, 4, 1, 2, 9, 9, 0xFF, 0, 9, 0xFF, 0xD9];
        Assert.Equal(rule is null ? [] : [rule], Check(jpeg, "jpeg", "figure.jpeg").Select(f => f.Rule));
        Assert.Contains(Check([.. jpeg, 7], "jpeg", "figure.jpeg"), f => f.Rule == "metadata");
    }

    [Theory]
    [InlineData("png")]
    [InlineData("jpeg")]
    public void Refuses_what_is_not_of_its_format(string format) =>
        Assert.Contains(Check(Encoding.UTF8.GetBytes(Good), format, $"file.{format}"), f => f.Rule == "type");

    [Fact]
    public void Unpacks_no_more_than_its_limits()
    {
        var bomb = Hidden.Zip("zeros", new byte[3 << 20]);
        Assert.Contains(Check(bomb, policy: Policy(("Airlock:MaximumMegabytes", "2"))), f => f.Rule == "size");
        var deep = Encoding.UTF8.GetBytes(Good);
        for (var i = 0; i < 5; i++)
        {
            deep = Hidden.Zip("a.zip", deep);
        }

        Assert.Contains(Check(deep), f => f.Rule == "size" && f.File == "table.csv/entry 1/entry 1/entry 1");
        Assert.Empty(Directory.EnumerateFiles(Directory.CreateDirectory(Path.Combine(folder, "scratch")).FullName));
    }

    [Fact]
    public void Refuses_a_file_over_the_size_limit() =>
        Assert.Equal(
            [new Finding("size", "table.csv", null)],
            Check(new byte[(1 << 20) + 1], policy: Policy(("Airlock:MaximumMegabytes", "1")))
        );

    [Fact]
    public void Holds_all_files_of_a_request_together_to_the_size_limit()
    {
        var path = Path.Combine(folder, "table.csv");
        File.WriteAllText(path, Good.PadRight(600_000));
        var check = new FileCheck(Policy(("Airlock:MaximumMegabytes", "1")), Room(), folder);
        var (first, second) = (new Findings(), new Findings());
        check.Run(new TakenFile("first.csv", path), "csv", columns, first);
        check.Run(new TakenFile("second.csv", path), "csv", columns, second);
        Assert.DoesNotContain(first.All, f => f.Rule == "size");
        Assert.Equal([new Finding(RefusalRow.Says("R99", "output"), "second.csv", null)], second.All);
    }

    [Fact]
    public void Finds_what_stands_at_every_place_around_a_buffers_edge()
    {
        const int chunk = 1 << 20;
        for (var at = chunk - 14; at < chunk + 4; at++)
        {
            var bytes = new byte[chunk + 400];
            Array.Fill(bytes, (byte)'x');
            Encoding.ASCII.GetBytes(Number).CopyTo(bytes, at);
            Assert.Equal([$"byte {at}"], Scan(bytes).Select(f => f.Place));

            // A longer number with an identifier in it is another number, wherever the edge cuts it.
            bytes[at - 1] = (byte)'1';
            Assert.Equal([], Scan(bytes));
            (bytes[at - 1], bytes[at + 11]) = ((byte)'x', (byte)'1');
            Assert.Equal([], Scan(bytes));
        }
    }

    [Fact]
    public void Reads_a_large_table_in_constant_memory()
    {
        var path = Path.Combine(folder, "large.csv");
        using (var writer = new StreamWriter(path))
        {
            writer.Write("grp,n,days,a,b\n");
            for (var i = 0; i < 500_000; i++)
            {
                writer.Write($"group number {i % 97},{1000 + (i % 500)},{i * 0.25:0.00},{100 + (i % 13)},name of something {i % 11}\n");
            }
        }

        (columns["a"], columns["b"]) = ("group", "group");
        GC.Collect();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var findings = new Findings();
        new FileCheck(Policy(), Room(), folder).Run(new TakenFile("large.csv", path), "csv", columns, findings);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 16 << 20);
        Assert.Contains(findings.All, f => f.Rule == "rows");
        Assert.DoesNotContain(findings.All, f => f.Rule is "type" or "cells" or "columns" or "identifiers");
    }

    // Eleven digits that are valid by chance, as those of two numbers may be: no leading zero in either part.
    private static string Ordinary => Enumerable.Range(0, 200).Select(Protocol.Synthetic.Number).First(n => n[0] != '0' && n[4] != '0');

    private static byte[] Png => [0x89, .. "PNG\r\n\u001a\n"u8, .. Chunk("IHDR", new byte[13]), .. Chunk("IDAT", new byte[40])];

    private static byte[] Chunk(string type, byte[] content)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, content.Length);
        return [.. length, .. Encoding.ASCII.GetBytes(type), .. content, 0, 0, 0, 0];
    }

    private static byte[] Gzip(byte[] content)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(content);
        }

        return bytes.ToArray();
    }

    private static AirlockPolicy Policy(params (string Key, string Value)[] settings) =>
        AirlockPolicy.From(
            new ConfigurationBuilder()
                .AddInMemoryCollection(settings.Select(s => new KeyValuePair<string, string?>(s.Key, s.Value)))
                .Build()
        );

    private PseudonymSet Room() => PseudonymSet.Of([Convert.ToHexStringLower(pseudonym)]);

    private IReadOnlyList<Finding> Scan(byte[] bytes)
    {
        var findings = new Findings();
        using var stream = new MemoryStream(bytes);
        new ByteScan(Room()).Scan(stream, "file", findings);
        return findings.All;
    }

    private IReadOnlyList<Finding> Check(string csv) => Check(Encoding.UTF8.GetBytes(csv));

    private IReadOnlyList<Finding> Check(byte[] bytes, string format = "csv", string name = "table.csv", AirlockPolicy? policy = null)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllBytes(path, bytes);
        var findings = new Findings();
        var scratch = Directory.CreateDirectory(Path.Combine(folder, "scratch")).FullName;
        new FileCheck(policy ?? Policy(), Room(), scratch).Run(new TakenFile(name, path), format, columns, findings);
        return findings.All;
    }
}
