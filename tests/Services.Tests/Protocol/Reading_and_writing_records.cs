using System.Text.Json;
using CsCheck;
using HealthDataNode.Protocol;
using HealthDataNode.Protocol.Identifiers;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Protocol.Records;

namespace HealthDataNode.Services.Tests.Protocol;

public sealed class Reading_and_writing_records
{
    private static readonly JsonElement Vector = Vectors.Json("records.json");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4096)]
    public void Judges_as_the_vectors_say_in_batches_of_any_size(int batch)
    {
        foreach (var vector in Vector.List("cases"))
        {
            using var reader = new RecordReader(new MemoryStream(vector.Hex("records")), Format(vector), vector.Hex("previous"), batch);
            var read = new MemoryStream();
            var refusal = Catch(() =>
            {
                while (reader.ReadBatch() is { IsEmpty: false } records)
                {
                    read.Write(records);
                }
            });
            Assert.Equal(
                (vector.Text("name"), vector.GetProperty("code").GetString(), vector.Number("position")),
                (vector.Text("name"), refusal?.Code, refusal?.Position)
            );
            if (refusal is null)
            {
                Assert.Equal(vector.Hex("records"), read.ToArray());
                Assert.Equal(read.Length / Format(vector).Size, reader.Count);
            }
        }
    }

    [Fact]
    public void Writes_nothing_that_a_reader_would_refuse()
    {
        foreach (var vector in Vector.List("cases"))
        {
            var output = new MemoryStream();
            using var writer = new RecordWriter(output, Format(vector), vector.Hex("previous"));
            var refusal = Catch(() => writer.Write(vector.Hex("records")));
            Assert.Equal(
                (vector.Text("name"), vector.GetProperty("code").GetString(), vector.Number("position")),
                (vector.Text("name"), refusal?.Code, refusal?.Position)
            );
            Assert.Equal(refusal is null ? vector.Hex("records") : [], output.ToArray());
        }
    }

    [Fact]
    public async Task Goes_on_ascending_from_part_to_part() =>
        await Synthetic
            .Identifier.HashSet[2, 300]
            .SampleAsync(
                async identifiers =>
                {
                    var sorted = identifiers.Order().SelectMany(Bytes).ToArray();
                    var middle = identifiers.Count / 2 * PersonIdentifier.Length;
                    using var first = new RecordReader(new MemoryStream(sorted[..middle]), RecordFormat.Identifiers);
                    await ReadAll(first);
                    using var second = new RecordReader(new MemoryStream(sorted[middle..]), RecordFormat.Identifiers, first.Last.ToArray());
                    await ReadAll(second);
                    using var again = new RecordReader(new MemoryStream(sorted[..middle]), RecordFormat.Identifiers, second.Last.ToArray());
                    var refusal = await Assert.ThrowsAsync<ProtocolException>(() => ReadAll(again));
                    Assert.Equal("record-out-of-order", refusal.Code);
                },
                iter: 50
            );

    [Fact]
    public void Never_says_what_it_refused()
    {
        foreach (var vector in Vector.List("cases").Where(vector => vector.Text("format") == "identifiers"))
        {
            var text = Catch(() => Format(vector).Check(vector.Hex("records"), vector.Hex("previous")))?.ToString();
            Assert.False(text is not null && System.Text.RegularExpressions.Regex.IsMatch(text, "[0-9]{6}"));
        }
    }

    [Fact]
    public void Makes_answers_of_the_same_length_whatever_their_code()
    {
        var token = new byte[Block.Size];
        token.AsSpan().Fill(7);
        var record = new byte[AnswerRecord.Size];
        AnswerRecord.WriteIssued(token, record);
        Assert.Equal(AnswerCode.Issued, AnswerRecord.Code(record));
        Assert.Equal(token, AnswerRecord.Value(record).ToArray());
        AnswerRecord.WriteOther(AnswerCode.Withheld, record);
        RecordFormat.TokenAnswers.Check(record);
        Assert.Equal(AnswerCode.Withheld, AnswerRecord.Code(record));
        Assert.Equal(new byte[Block.Size], AnswerRecord.Value(record).ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => AnswerRecord.WriteOther(AnswerCode.Issued, record));
    }

    private static RecordFormat Format(JsonElement vector) =>
        vector.Text("format") switch
        {
            "identifiers" => RecordFormat.Identifiers,
            "tokenAnswers" => RecordFormat.TokenAnswers,
            "tokens" => RecordFormat.Tokens,
            "rekeyAnswers" => RecordFormat.RekeyAnswers,
            "population" => RecordFormat.Population,
            "aliases" => RecordFormat.Aliases,
            var other => throw new InvalidOperationException(other),
        };

    private static async Task ReadAll(RecordReader reader)
    {
        while (!(await reader.ReadBatchAsync()).IsEmpty) { }
    }

    private static byte[] Bytes(PersonIdentifier identifier) => System.Text.Encoding.ASCII.GetBytes(identifier.Digits());

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
}
