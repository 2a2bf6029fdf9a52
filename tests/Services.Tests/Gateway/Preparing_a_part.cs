using System.Diagnostics;
using System.Text;
using HealthDataNode.Gateway.Domain;
using HealthDataNode.Gateway.Preparation;
using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Protocol.Records;
using HealthDataNode.Protocol.Seals;

namespace HealthDataNode.Services.Tests.Gateway;

/// <summary>What measures the process runs beside nothing else.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Measuring
{
    public const string Name = "measuring";
}

/// <summary>The hot path alone: no database, no network.</summary>
[Collection(Measuring.Name)]
public sealed class Preparing_a_part : IDisposable
{
    private const string S = "\u001f";
    private static readonly PermitColumn[] Columns =
    [
        new("diagnosed", "date"),
        new("age", "integer"),
        new("sex", "string", 1),
        new("topography", "string", 10),
        new("morphology", "string", 10),
        new("stage", "string", 10),
        new("treatment", "string", 40),
    ];
    private readonly string directory = Directory.CreateTempSubdirectory("hdn-part-").FullName;
    private readonly EncryptionKey uploadKey = EncryptionKey.Generate();
    private readonly EncryptionKey speKey = EncryptionKey.Generate();

    [Fact]
    public async Task Needs_the_same_memory_for_a_small_and_a_large_part()
    {
        using var rewriter = new PartRewriter(Columns, new Echo());
        await RewriteAsync(rewriter, 1_000);
        var small = await RewriteAsync(rewriter, 10_000);
        var large = await RewriteAsync(rewriter, 400_000);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{large.Rows / large.Seconds:N0} rows and {large.Bytes / large.Seconds / 1e6:N0} MB a CPU second, allocated {small.Allocated:N0} and {large.Allocated:N0} bytes"
        );
        // What the rest of the process allocates meanwhile is counted too; one object a row would be 10 MB and more.
        Assert.True(
            large.Allocated <= small.Allocated * 1.25 + 2_000_000,
            $"{small.Allocated} bytes for 10,000 rows, {large.Allocated} for 400,000."
        );
    }

    [Fact]
    public async Task Cuts_the_same_batches_each_time_and_keeps_a_person_together()
    {
        var first = new Echo();
        var second = new Echo();
        foreach (var rekeying in new[] { first, second })
        {
            using var rewriter = new PartRewriter(Columns, rekeying);
            await RewriteAsync(rewriter, 120_000);
        }
        Assert.True(first.Batches.Count > 2);
        Assert.Equal(first.Batches, second.Batches);
        Assert.Equal(Enumerable.Range(1, first.Batches.Count), first.Batches.Select(batch => batch.Number));
        Assert.Equal(60_000, first.Batches.Sum(batch => batch.Persons));
    }

    [Fact]
    public async Task Leaves_out_who_is_outside_the_cohort()
    {
        using var rewriter = new PartRewriter(Columns, new Echo { OutsideEvery = 2 });
        var made = await RewriteAsync(rewriter, 1_000);
        Assert.Equal((500, 500, 250), (made.Part.Rows, made.Part.Outside, made.Part.Persons));
        var opened = Encoding.UTF8.GetString(
            Crypt4GhFile.Open(await File.ReadAllBytesAsync(made.Path, TestContext.Current.CancellationToken), speKey)
        );
        Assert.Equal(501, opened.Count(c => c == '\n'));
        Assert.Equal(250, opened.Split('\n')[1..^1].Select(line => line[..32]).Distinct().Count());
    }

    public void Dispose()
    {
        uploadKey.Dispose();
        speKey.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    private async Task<Made> RewriteAsync(PartRewriter rewriter, int rows)
    {
        var path = Path.Combine(directory, $"{rows}.c4gh");
        Write(path, rows);
        var bytes = await SealedBytes.OfFileAsync(path);
        var seal = new Seal
        {
            Type = SealTypes.Rows,
            Sender = "cancerregistry",
            Recipient = "gateway",
            Order = new string('a', 64),
            Part = 1,
            Rows = rows,
            Length = bytes.Length,
            Sha256 = bytes.Sha256,
        };
        var target = Path.Combine(directory, $"{rows}.out");
        GC.Collect();
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        using var process = Process.GetCurrentProcess();
        var started = process.TotalProcessorTime;
        var part = await rewriter.RewriteAsync(
            new PartSource(path, seal, uploadKey),
            new PartTarget(target, speKey.PublicKey),
            default,
            1,
            CancellationToken.None
        );
        process.Refresh();
        return new(
            part,
            target,
            (process.TotalProcessorTime - started).TotalSeconds,
            GC.GetTotalAllocatedBytes(precise: true) - allocated,
            bytes.Length,
            rows
        );
    }

    // Two rows a person, tokens ascending.
    private void Write(string path, int rows)
    {
        using var file = File.Create(path);
        using var output = new Crypt4GhWriter(file, uploadKey.PublicKey, leaveOpen: true);
        output.Write(Encoding.UTF8.GetBytes(string.Join(S, Columns.Select(column => column.Name).Prepend("token")) + "\n"));
        for (var row = 0; row < rows; row++)
        {
            output.Write(
                Encoding.UTF8.GetBytes(
                    string.Join(
                        S,
                        $"{row / 2 + 1:x32}",
                        "2019-03-04",
                        $"{row % 90}",
                        "K",
                        "C50.9",
                        "8500/3",
                        "II",
                        "surgery and radiotherapy"
                    ) + "\n"
                )
            );
        }
    }

    private sealed record Made(RewrittenPart Part, string Path, double Seconds, long Allocated, long Bytes, int Rows);

    private sealed class Echo : IRekeying
    {
        private readonly byte[] answers = new byte[70_000 * AnswerRecord.Size];

        public int OutsideEvery { get; init; } = int.MaxValue;

        public List<(int Number, int Persons)> Batches { get; } = [];

        public Task<ReadOnlyMemory<byte>> RekeyAsync(int batch, ReadOnlyMemory<byte> tokens, CancellationToken cancellationToken)
        {
            var count = tokens.Length / Block.Size;
            RecordFormat.Tokens.Check(tokens.Span);
            Batches.Add((batch, count));
            for (var i = 0; i < count; i++)
            {
                var answer = answers.AsSpan(i * AnswerRecord.Size, AnswerRecord.Size);
                if (i % OutsideEvery == OutsideEvery - 1)
                {
                    AnswerRecord.WriteOther(AnswerCode.OutsideCohort, answer);
                }
                else
                {
                    AnswerRecord.WriteIssued(tokens.Span.Slice(i * Block.Size, Block.Size), answer);
                }
            }
            return Task.FromResult<ReadOnlyMemory<byte>>(answers.AsMemory(0, count * AnswerRecord.Size));
        }
    }
}
