using System.Text;
using System.Text.Json;
using CsCheck;
using HealthDataNode.Protocol;
using HealthDataNode.Protocol.Rows;

namespace HealthDataNode.Services.Tests.Protocol;

public sealed class Reading_and_writing_rows
{
    private static readonly JsonElement Vector = Vectors.Json("rows.json");
    private static readonly string Token = new('0', 32);

    // Any text without characters below U+0020 and without lone surrogates.
    private static readonly Gen<string> FieldText = Gen.OneOf(
        Gen.Char['\u0020', '\ud7ff'].Array[0, 20].Select(characters => new string(characters)),
        Gen.Char[' ', '~'].Array[0, 200].Select(characters => new string(characters)),
        Gen.OneOf([.. ((string[])["", "😀", "æøå", "\u007f\u0085\u2028"]).Select(Gen.Const)])
    );

    [Fact]
    public void Writes_and_reads_the_files_of_the_vectors()
    {
        foreach (var vector in Vector.List("files"))
        {
            var columns = vector.Texts("columns").ToArray();
            using var reader = new RowReader(new MemoryStream(Encoding.UTF8.GetBytes(vector.Text("text"))));
            var written = new MemoryStream();
            Assert.Equal(columns, reader.ReadHeader());
            using (var writer = new RowWriter(written, columns))
            {
                while (reader.Read())
                {
                    writer.WriteRow(reader.Person, reader.Rest);
                }

                Assert.Equal(vector.Number("rows"), writer.Rows);
            }

            Assert.Equal(vector.Text("text"), Encoding.UTF8.GetString(written.ToArray()));
        }
    }

    [Fact]
    public async Task Refuses_what_the_vectors_refuse_with_line_and_column()
    {
        foreach (var vector in Vector.List("refused"))
        {
            var text = Encoding.UTF8.GetBytes(vector.Text("text"));
            var refusal = Assert.Throws<ProtocolException>(() => ReadAll(new MemoryStream(text)));
            Check(vector, refusal);
            using var reader = new RowReader(new Trickle(text));
            refusal = await Assert.ThrowsAsync<ProtocolException>(async () =>
            {
                await reader.ReadHeaderAsync(TestContext.Current.CancellationToken);
                while (await reader.ReadAsync(TestContext.Current.CancellationToken)) { }
            });
            Check(vector, refusal);
        }

        static void Check(JsonElement vector, ProtocolException refusal) =>
            Assert.Equal(
                (vector.Text("name"), vector.Text("code"), vector.Number("line"), vector.Number("column")),
                (vector.Text("name"), refusal.Code, refusal.Position, refusal.Column)
            );
    }

    [Theory]
    [InlineData(0xFF)]
    [InlineData(0xC3)]
    public void Refuses_bytes_that_are_no_utf8(byte bad)
    {
        var refusal = Assert.Throws<ProtocolException>(() => ReadAll(new MemoryStream([.. "token\u001fa\nx\u001fy"u8, bad, (byte)'\n'])));
        Assert.Equal(("not-utf8", 2), (refusal.Code, refusal.Position));
    }

    [Fact]
    public void Reads_back_any_rows_through_reads_of_any_size() =>
        Gen.Select(Gen.Int[1, 6].SelectMany(columns => FieldText.Array[columns].Array[0, 60]), Gen.Int[1, 5000])
            .Sample(
                (rows, chunk) =>
                {
                    var count = rows.Length == 0 ? 1 : rows[0].Length;
                    var file = new MemoryStream();
                    using (var writer = new RowWriter(file, [.. Enumerable.Range(0, count).Select(i => $"c{i}")]))
                    {
                        foreach (var row in rows)
                        {
                            Array.ForEach(row, writer.Field);
                            writer.EndRow();
                        }
                    }

                    using var reader = new RowReader(new Trickle(file.ToArray(), chunk));
                    reader.ReadHeader();
                    foreach (var row in rows)
                    {
                        Assert.True(reader.Read());
                        Assert.Equal(row, Enumerable.Range(0, count).Select(i => Encoding.UTF8.GetString(reader.Field(i))));
                        Assert.Equal(string.Join('\u001f', row[1..]), Encoding.UTF8.GetString(reader.Rest));
                        Assert.Equal(string.Join('\u001f', row), Encoding.UTF8.GetString(reader.Line));
                    }

                    Assert.False(reader.Read());
                    Assert.False(reader.Read());
                    Assert.Equal(rows.Length + 1, reader.LineNumber);
                },
                iter: 100
            );

    [Theory]
    [InlineData(65_536, null)]
    [InlineData(65_537, "line-too-long")]
    public void Takes_lines_of_65536_bytes_and_no_longer(int bytes, string? code)
    {
        var field = new string('x', bytes - Token.Length - 1);
        var text = $"token\u001fa\n{Token}\u001f{field}\n{Token}\u001fy\n";
        var refusal = Catch(() => ReadAll(new MemoryStream(Encoding.UTF8.GetBytes(text))));
        Assert.Equal((code, code is null ? null : (long?)2), (refusal?.Code, refusal?.Position));
        refusal = Catch(() => ReadAll(new Trickle(Encoding.UTF8.GetBytes(text), 1000)));
        Assert.Equal((code, code is null ? null : (long?)2), (refusal?.Code, refusal?.Position));

        using var writer = new RowWriter(new MemoryStream(), ["token", "a"]);
        writer.Field(Token);
        Assert.Equal(code, Catch(() => writer.Field(field))?.Code);
    }

    [Fact]
    public void Takes_a_refused_row_back_whole()
    {
        var file = new MemoryStream();
        using (var writer = new RowWriter(file, ["token", "a"]))
        {
            writer.Field(Token);
            Assert.Equal("control-character", Catch(() => writer.Field("x\n"))?.Code);
            Assert.Equal("field-count", Catch(() => writer.WriteRow("t"u8, "a\u001fb"u8))?.Code);
            Assert.Equal("control-character", Catch(() => writer.WriteRow("t"u8, "a\r"u8))?.Code);
            writer.Field(Token);
            Assert.Equal("field-count", Catch(writer.EndRow)?.Code);
            writer.WriteRow("t"u8, "a"u8);
            Assert.Equal(1, writer.Rows);
        }

        Assert.Equal("token\u001fa\nt\u001fa\n", Encoding.UTF8.GetString(file.ToArray()));
    }

    [Fact]
    public void Judges_types_as_the_vectors_say()
    {
        foreach (var vector in Vector.List("types"))
        {
            var type = ColumnTypes.Parse(vector.Text("type"));
            Assert.All(vector.Texts("valid"), text => Assert.True(ColumnTypes.IsValid(type, Encoding.UTF8.GetBytes(text)), text));
            Assert.All(vector.Texts("invalid"), text => Assert.False(ColumnTypes.IsValid(type, Encoding.UTF8.GetBytes(text)), text));
        }

        Assert.Equal("column-type-unknown", Catch(() => ColumnTypes.Parse("text"))?.Code);
    }

    [Fact]
    public void Refuses_a_header_that_is_not_the_permits()
    {
        var schema = new RowSchema("token", [new("a", ColumnType.String), new("b", ColumnType.String)]);
        schema.CheckHeader(["token", "a", "b"]);
        Assert.Equal(("column-undeclared", 3), Header("token", "a", "b", "c"));
        Assert.Equal(("column-missing", 2), Header("token", "a"));
        Assert.Equal(("column-order", 1), Header("token", "b", "a"));
        Assert.Equal(("column-undeclared", 0), Header("pseudonym", "a", "b"));

        (string?, int?) Header(params string[] names)
        {
            var refusal = Catch(() => schema.CheckHeader(names));
            return (refusal?.Code, refusal?.Column);
        }
    }

    [Theory]
    [InlineData("0000", "1", "x", "person-malformed", 0)]
    [InlineData(null, "one", "x", "wrong-type", 1)]
    [InlineData(null, "1", "four", "too-long", 2)]
    [InlineData(null, "1", "æøå", null, null)]
    [InlineData(null, "", "", null, null)]
    public void Says_line_column_and_reason_of_a_bad_row(string? person, string number, string text, string? reason, int? column)
    {
        var fault = Fault($"{person ?? Token}\u001f{number}\u001f{text}");
        Assert.Equal((reason, column), (fault?.Reason, fault?.Column));
        Assert.True(fault is null || fault.Value.Line == 2);
    }

    [Fact]
    public void Finds_an_identifier_in_any_cell_and_never_repeats_it()
    {
        var number = Vectors.Json("pseudonyms.json").List("persons").First().Text("identifier");
        foreach (
            var (row, column) in new[] { ($"{number}\u001fx", 1), ($"1\u001f{number}", 2), ($"1\u001fa{number[..6]}-{number[6..]}", 2) }
        )
        {
            var fault = Fault($"{Token}\u001f{row}", 40);
            Assert.Equal(("identifier", column), (fault?.Reason, fault?.Column));
            Assert.DoesNotContain(number, fault.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Holds_rows_to_the_order_of_their_tokens()
    {
        var order = new PersonOrder();
        Assert.True(order.Next(Text(1), 2));
        Assert.False(order.Next(Text(1), 3));
        Assert.True(order.Next(Text(2), 4));
        Assert.Equal(2, order.Persons);
        Assert.Equal("person-out-of-order", Catch(() => order.Next(Text(1), 5))?.Code);

        var next = new PersonOrder(order.Current);
        Assert.Equal("person-out-of-order", Catch(() => next.Next(Text(2), 2))?.Code);
        Assert.True(next.Next(Text(3), 2));

        static byte[] Text(int token) => Encoding.ASCII.GetBytes($"{token:x32}");
    }

    private static RowFault? Fault(string row, int maxLength = 3)
    {
        using var reader = new RowReader(new MemoryStream(Encoding.UTF8.GetBytes($"token\u001fn\u001ft\n{row}\n")));
        var schema = new RowSchema("token", [new("n", ColumnType.Integer), new("t", ColumnType.String, maxLength)]);
        schema.CheckHeader(reader.ReadHeader());
        Assert.True(reader.Read());
        return schema.Check(reader);
    }

    private static void ReadAll(Stream file)
    {
        using var reader = new RowReader(file);
        reader.ReadHeader();
        while (reader.Read()) { }
    }

    private static ProtocolException? Catch(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (ProtocolException e)
        {
            return e;
        }
    }

    // Gives a few bytes a read, as a network does.
    private sealed class Trickle(byte[] bytes, int chunk = 1) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, chunk)]);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, chunk)], cancellationToken);
    }
}
