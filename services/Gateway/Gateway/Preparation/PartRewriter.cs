using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using HealthDataNode.Gateway.Domain;
using HealthDataNode.Protocol;
using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Protocol.Records;
using HealthDataNode.Protocol.Rows;
using HealthDataNode.Protocol.Seals;

namespace HealthDataNode.Gateway.Preparation;

/// <summary>
/// Opens one part segment by segment in memory, checks every row against the permit, re-keys the persons in batches
/// and writes Crypt4GH to the SPE's key. Memory is the same for every part; nothing opened is ever on disk.
/// </summary>
internal sealed class PartRewriter(IReadOnlyList<PermitColumn> columns, IRekeying rekeying) : IDisposable
{
    // One for all parts of an order.
    private readonly RowBatch batch = new();

    private readonly RowSchema schema = new(
        RowFormat.TokenColumn,
        columns.Select(column => new ColumnRule(column.Name, Protocol.Rows.ColumnTypes.Parse(column.Type), column.MaxLength))
    );

    /// <summary>Rewrites a part.</summary>
    /// <param name="source">The holder's file, its verified seal and the order's key.</param>
    /// <param name="target">Where to and for whom.</param>
    /// <param name="previous">Token text of the last person of the parts before; empty in the first.</param>
    /// <param name="firstBatch">Number of the first re-key batch.</param>
    /// <param name="cancellationToken">Stops; what was written is worth nothing then.</param>
    /// <exception cref="OrderRefusedException">A row, the order of rows or the file is refused.</exception>
    public async Task<RewrittenPart> RewriteAsync(
        PartSource source,
        PartTarget target,
        ReadOnlyMemory<byte> previous,
        int firstBatch,
        CancellationToken cancellationToken
    )
    {
        var part = source.Seal.Part;
        await CheckBytesAsync(source, cancellationToken);
        var started = Stopwatch.GetTimestamp();
        await using var file = new FileStream(target.Path, FileMode.Create, FileAccess.Write, FileShare.None, 1);
        await using var hashed = new HashingStream(file, leaveOpen: true);
        await using var output = new Crypt4GhWriter(hashed, target.SpeKey, leaveOpen: true);
        using var input = new Crypt4GhReader(
            new FileStream(source.Path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan),
            source.Key
        );
        using var rows = new RowReader(input);
        batch.Restart();
        var order = new PersonOrder(previous.Span);
        var made = new Counted(firstBatch);
        try
        {
            CheckHeader(rows, part);
            output.Write(
                Encoding.UTF8.GetBytes(
                    string.Join('\u001f', columns.Select(column => column.Name).Prepend(RowFormat.PseudonymColumn)) + "\n"
                )
            );
            while (rows.Read())
            {
                CheckRow(rows, part);
                batch.Add(rows.Line, order.Next(rows.Person, rows.LineNumber), rows.LineNumber);
                if (batch.IsFull)
                {
                    made = await WriteAsync(output, made, part, cancellationToken);
                }
            }
        }
        catch (ProtocolException refused)
        {
            throw Refuse(refused, rows, part);
        }
        made = await WriteAsync(output, made, part, cancellationToken);
        if (made.Rows + made.Outside != source.Seal.Rows)
        {
            throw new OrderRefusedException(new(RejectionCodes.SealMismatch, part));
        }
        output.Complete();
        // Whole on disk before the row that says so commits.
        file.Flush(flushToDisk: true);
        GatewayTelemetry.Rows.Add(made.Rows + made.Outside);
        GatewayTelemetry.Preparation.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);
        return new(
            made.Rows,
            made.Outside,
            made.Persons,
            new SealedBytes(hashed.Length, hashed.Sha256Hex),
            made.NextBatch - firstBatch,
            order.Current.ToArray()
        );
    }

    /// <summary>The token text of the last person of a part that was taken before; empty where it has no row.</summary>
    public static byte[] LastPersonOf(PartSource source)
    {
        using var input = new Crypt4GhReader(File.OpenRead(source.Path), source.Key);
        using var rows = new RowReader(input);
        rows.ReadHeader();
        byte[] last = [];
        while (rows.Read())
        {
            if (last.Length == 0 || !rows.Person.SequenceEqual(last))
            {
                last = rows.Person.ToArray();
            }
        }
        return last;
    }

    /// <summary>Erases the rows that it held.</summary>
    public void Dispose() => batch.Dispose();

    private static async Task CheckBytesAsync(PartSource source, CancellationToken cancellationToken)
    {
        try
        {
            // The format has no end mark: the seal is checked over the whole file before any of it is used.
            SealVerifier.Check(source.Seal, await SealedBytes.OfFileAsync(source.Path, cancellationToken));
        }
        catch (DocumentRefusedException refused)
        {
            throw new OrderRefusedException(new(RejectionCodes.SealMismatch, source.Seal.Part), refused);
        }
    }

    private void CheckHeader(RowReader rows, int part)
    {
        try
        {
            schema.CheckHeader(rows.ReadHeader());
        }
        catch (ProtocolException refused) when (refused.Code is "column-undeclared" or "column-missing" or "column-order")
        {
            // The name of a permitted column, never what the holder wrote there.
            var expected =
                refused.Code != "column-undeclared" && refused.Column < schema.Header.Count ? schema.Header[refused.Column.Value] : null;
            throw new OrderRefusedException(new(RejectionCodes.UndeclaredColumn, part, 1, expected), refused);
        }
    }

    private void CheckRow(RowReader rows, int part)
    {
        if (schema.Check(rows) is { } fault)
        {
            var code = fault.Reason switch
            {
                "person-malformed" => RejectionCodes.UnknownToken,
                "too-long" => RejectionCodes.TooLong,
                "identifier" => RejectionCodes.IdentifierInCell,
                _ => RejectionCodes.WrongType,
            };
            throw new OrderRefusedException(new(code, part, fault.Line, fault.Name));
        }
    }

    private OrderRefusedException Refuse(ProtocolException refused, RowReader rows, int part)
    {
        var (code, line) = refused.Code switch
        {
            "line-too-long" => (RejectionCodes.LineTooLong, refused.Position),
            "person-out-of-order" => (RejectionCodes.RowOutOfOrder, refused.Position),
            "field-count" when rows.FieldCount > schema.Header.Count => (RejectionCodes.UndeclaredColumn, refused.Position),
            // A segment's number is no line.
            _ when refused.Code.StartsWith("crypt4gh", StringComparison.Ordinal) => (RejectionCodes.MalformedFile, null),
            _ => (RejectionCodes.MalformedFile, refused.Position),
        };
        var column = refused.Column is { } index && index < schema.Header.Count ? schema.Header[index] : null;
        return new OrderRefusedException(new(code, part, line, column), refused);
    }

    private async Task<Counted> WriteAsync(Crypt4GhWriter output, Counted made, int part, CancellationToken cancellationToken)
    {
        if (batch.Count == 0)
        {
            return made;
        }
        var answers = ReadOnlyMemory<byte>.Empty;
        if (!batch.Tokens.IsEmpty)
        {
            answers = await RekeyAsync(made.NextBatch, part, cancellationToken);
            made = made with { NextBatch = made.NextBatch + 1 };
        }
        var rewritten = batch.Rewrite(answers.Span);
        output.Write(rewritten.Bytes.Span);
        batch.Clear();
        return made with
        {
            Rows = made.Rows + rewritten.Rows,
            Outside = made.Outside + rewritten.Outside,
            Persons = made.Persons + rewritten.Persons,
        };
    }

    private async Task<ReadOnlyMemory<byte>> RekeyAsync(int number, int part, CancellationToken cancellationToken)
    {
        var asked = Stopwatch.GetTimestamp();
        try
        {
            var answers = await rekeying.RekeyAsync(number, batch.Tokens, cancellationToken);
            if (answers.Length / AnswerRecord.Size != batch.Tokens.Length / Block.Size)
            {
                throw new InvalidDataException("Pseudonymisation answered another number of records.");
            }
            RecordFormat.RekeyAnswers.Check(answers.Span);
            return answers;
        }
        catch (ProtocolException malformed)
        {
            // Not the holder's fault: the order is not rejected for it.
            throw new InvalidDataException("Pseudonymisation answered a malformed record.", malformed);
        }
        catch (UnknownTokenException unknown)
        {
            long? line = unknown.Record is { } record && record < batch.Tokens.Length / Block.Size ? batch.LineOf(record) : null;
            throw new OrderRefusedException(new(RejectionCodes.UnknownToken, part, line, RowFormat.TokenColumn), unknown);
        }
        finally
        {
            GatewayTelemetry.Rekey.Record(Stopwatch.GetElapsedTime(asked).TotalSeconds);
        }
    }

    private readonly record struct Counted(int NextBatch, long Rows = 0, long Outside = 0, long Persons = 0);
}

/// <summary>A part as it came.</summary>
internal sealed record PartSource(string Path, Seal Seal, EncryptionKey Key);

/// <summary>Where a part goes.</summary>
internal sealed record PartTarget(string Path, ReadOnlyMemory<byte> SpeKey);

/// <summary>What became of a part.</summary>
internal sealed record RewrittenPart(long Rows, long Outside, long Persons, SealedBytes Bytes, int Batches, byte[] LastPerson);
