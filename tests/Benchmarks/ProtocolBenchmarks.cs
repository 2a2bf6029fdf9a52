using System.Diagnostics;
using System.Globalization;
using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Identifiers;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Protocol.Records;
using HealthDataNode.Protocol.Rows;

namespace HealthDataNode.Benchmarks;

/// <summary>What the protocol costs on one core, without network, disk or database.</summary>
internal static class ProtocolBenchmarks
{
    private const int Size = 256 << 20;
    private const int Persons = 1_000_000;
    private const int Rows = 500_000;
    private const string Order = "0000000000000000000000000000000000000000000000000000000000000000";

    private static readonly EncryptionKey Key = EncryptionKey.Generate();
    private static readonly PermitKey PermitKey = PermitKey.Generate();
    private static readonly Lazy<byte[]> Identifiers = new(MakeIdentifiers);
    private static readonly Lazy<byte[]> Tokens = new(() => Tokenise().Where((_, i) => i % AnswerRecord.Size != 0).ToArray());
    private static readonly Lazy<byte[]> RowFile = new(MakeRows);
    private static readonly RowSchema Schema = new(
        RowFormat.TokenColumn,
        [
            new("diagnosed", ColumnType.Date),
            new("topography", ColumnType.String, 10),
            new("morphology", ColumnType.String, 10),
            new("age", ColumnType.Integer),
            new("dose", ColumnType.Decimal),
            new("treated", ColumnType.Boolean),
            new("note", ColumnType.String, 40),
        ]
    );

    public static IEnumerable<Benchmark> All =>
        [
            new("crypt4gh-write", "MB/s", WriteCrypt4Gh, BesideCipher),
            new("crypt4gh-read", "MB/s", ReadCrypt4Gh, BesideCipher),
            new("tokenise", "million persons/s", () => Rate(Persons, () => Tokenise())),
            new("rekey", "million persons/s", () => Rate(Persons, Rekey, _ = Tokens.Value)),
            new("rows-check", "million rows/s", () => Rate(Rows, CheckRows, RowFile.Value)),
            new("row-digest", "million rows/s", () => Rate(Rows, DigestRows, RowFile.Value)),
        ];

    private static double WriteCrypt4Gh()
    {
        var chunk = new byte[64 * 1024];
        var started = Stopwatch.GetTimestamp();
        using (var writer = new Crypt4GhWriter(Stream.Null, Key.PublicKey))
        {
            for (var written = 0; written < Size; written += chunk.Length)
            {
                writer.Write(chunk);
            }
        }

        return Size / 1e6 / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static double ReadCrypt4Gh()
    {
        var file = Crypt4GhFile.Seal(new byte[Size / 4], Key.PublicKey);
        var chunk = new byte[64 * 1024];
        var started = Stopwatch.GetTimestamp();
        using var reader = new Crypt4GhReader(new MemoryStream(file), Key);
        while (reader.Read(chunk) > 0) { }
        return file.Length / 1e6 / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    // As Pseudonymisation does: records in, control digits judged, blocks, one batch call, answers out.
    private static byte[] Tokenise()
    {
        using var cipher = PermitKey.TokenCipher(Order);
        using var reader = new RecordReader(new MemoryStream(Identifiers.Value), RecordFormat.Identifiers);
        var answers = new byte[Persons * AnswerRecord.Size];
        var blocks = new byte[4096 * Block.Size];
        var done = 0;
        for (var records = reader.ReadBatch(); !records.IsEmpty; records = reader.ReadBatch())
        {
            var count = records.Length / PersonIdentifier.Length;
            for (var i = 0; i < count; i++)
            {
                var id = PersonIdentifier.Parse(records.Slice(i * PersonIdentifier.Length, PersonIdentifier.Length));
                Block.Encode(id, blocks.AsSpan(i * Block.Size));
            }

            cipher.Encrypt(blocks.AsSpan(0, count * Block.Size), blocks);
            for (var i = 0; i < count; i++)
            {
                AnswerRecord.WriteIssued(blocks.AsSpan(i * Block.Size), answers.AsSpan((done + i) * AnswerRecord.Size));
            }

            done += count;
        }

        return answers;
    }

    private static void Rekey()
    {
        using var tokens = PermitKey.TokenCipher(Order);
        using var pseudonyms = PermitKey.PseudonymCipher("lineage");
        using var deliveries = PermitKey.DeliveryCipher(Order);
        var blocks = new byte[4096 * Block.Size];
        var answers = new byte[4096 * AnswerRecord.Size];
        for (var at = 0; at < Tokens.Value.Length; at += blocks.Length)
        {
            var batch = blocks.AsSpan(0, Math.Min(blocks.Length, Tokens.Value.Length - at));
            tokens.Decrypt(Tokens.Value.AsSpan(at, batch.Length), batch);
            for (var i = 0; i < batch.Length; i += Block.Size)
            {
                if (!Block.TryDecode(batch.Slice(i, Block.Size), out _))
                {
                    throw new InvalidOperationException("A token does not open.");
                }
            }

            pseudonyms.Encrypt(batch, batch);
            deliveries.Encrypt(batch, batch);
            for (var i = 0; i < batch.Length / Block.Size; i++)
            {
                AnswerRecord.WriteIssued(batch[(i * Block.Size)..], answers.AsSpan(i * AnswerRecord.Size));
            }
        }
    }

    // Types, lengths and the search for identifiers in every cell.
    private static void CheckRows()
    {
        using var reader = new RowReader(new MemoryStream(RowFile.Value));
        Schema.CheckHeader(reader.ReadHeader());
        while (reader.Read())
        {
            if (Schema.Check(reader) is { } fault)
            {
                throw new InvalidOperationException(fault.ToString());
            }
        }
    }

    private static void DigestRows()
    {
        using var reader = new RowReader(new MemoryStream(RowFile.Value));
        reader.ReadHeader();
        var digest = new RowDigest();
        while (reader.Read())
        {
            digest.Add(reader.Rest);
        }
    }

    private static double Rate(int count, Action run, params object[] prepared)
    {
        _ = prepared;
        var started = Stopwatch.GetTimestamp();
        run();
        return count / 1e6 / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    // The first million valid synthetic numbers in ascending order.
    private static byte[] MakeIdentifiers()
    {
        var identifiers = new byte[Persons * PersonIdentifier.Length];
        Span<byte> digits = stackalloc byte[PersonIdentifier.Length];
        var made = 0;
        for (var number = 0L; made < Persons; number++)
        {
            // ddmmyyiiikk without the month's 8, which makes it synthetic.
            var head = number / 100_000_000;
            var text = $"{head:00}8{number % 100_000_000:00000000}";
            System.Text.Encoding.ASCII.GetBytes(text, digits);
            if (PersonIdentifier.TryParse(digits, out _))
            {
                digits.CopyTo(identifiers.AsSpan(made++ * PersonIdentifier.Length));
            }
            else if (text.StartsWith("00", StringComparison.Ordinal) || text[3] == '0')
            {
                number += 9_999_999 - number % 10_000_000; // no such day or month
            }
        }

        return identifiers;
    }

    private static byte[] MakeRows()
    {
        var file = new MemoryStream();
        using (var writer = new RowWriter(file, Schema.Header))
        {
            for (var i = 0; i < Rows; i++)
            {
                writer.Field(i.ToString("x32", CultureInfo.InvariantCulture));
                writer.Field("2021-03-04"u8);
                writer.Field("C50.9"u8);
                writer.Field("8500/3"u8);
                writer.Field("64"u8);
                writer.Field("3.25"u8);
                writer.Field(i % 3 == 0 ? "" : "true");
                writer.Field("a note of usual length"u8);
                writer.EndRow();
            }
        }

        return file.ToArray();
    }

    // The bare cipher of the same libcrypto: what is lost to the format.
    private static Beside? BesideCipher()
    {
        string[] command = ["speed", "-mr", "-seconds", "1", "-bytes", "65536", "-evp", "chacha20-poly1305"];
        var line = Machine.Output("openssl", command)?.Split('\n').LastOrDefault(line => line.StartsWith("+F:", StringComparison.Ordinal));
        return line is not null && double.TryParse(line.Split(':')[^1], CultureInfo.InvariantCulture, out var bytes)
            ? new(
                "openssl",
                Machine.Output("openssl", "version")?.Trim() ?? "unknown",
                $"openssl {string.Join(' ', command)}",
                Math.Round(bytes / 1e6)
            )
            : null;
    }
}
