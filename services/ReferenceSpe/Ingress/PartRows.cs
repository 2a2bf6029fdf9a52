using System.Security.Cryptography;
using HealthDataNode.Protocol;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Protocol.Rows;

namespace HealthDataNode.ReferenceSpe.Ingress;

/// <summary>
/// The rows of one part, held to the permit once more, with delivery pseudonyms undone to permit pseudonyms in batches
/// (one cipher call costs a microsecond, one block some nanoseconds). Memory is that of one batch.
/// </summary>
internal sealed class PartRows
{
    private const int BatchRows = 4096;
    private const int BatchBytes = 1 << 20;

    private readonly RowSchema schema;
    private readonly BatchCipher cipher;
    private readonly int columns;
    private readonly byte[] pseudonyms = new byte[BatchRows * Block.Size];
    private readonly byte[] fields = new byte[BatchBytes + RowFormat.MaximumLine];
    private readonly int[] lengths;
    private int rows;
    private int filled;

    public PartRows(PermitSource source, BatchCipher cipher)
    {
        this.cipher = cipher;
        columns = source.Columns.Count;
        lengths = new int[BatchRows * columns];
        schema = new RowSchema(
            RowFormat.PseudonymColumn,
            source.Columns.Select(column => new ColumnRule(column.Name, ColumnTypes.Parse(column.Type), column.MaxLength))
        );
    }

    /// <summary>Copies all rows; the number of them.</summary>
    /// <exception cref="ProtocolException">The part is not what the permit allows.</exception>
    public async Task<long> CopyAsync(Stream part, IRowSink table, CancellationToken cancellationToken)
    {
        var total = 0L;
        try
        {
            using var reader = new RowReader(part);
            schema.CheckHeader(await reader.ReadHeaderAsync(cancellationToken));
            while (await reader.ReadAsync(cancellationToken))
            {
                Take(reader);
                total++;
                if (rows == BatchRows || filled >= BatchBytes)
                {
                    Write(table);
                }
            }

            Write(table);
            return total;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(fields);
        }
    }

    private void Take(RowReader reader)
    {
        if (schema.Check(reader) is { } fault)
        {
            throw new ProtocolException(fault.Reason, "A row is not what the permit allows.", fault.Line, fault.Column);
        }

        PseudonymText.TryRead(reader.Person, pseudonyms.AsSpan(rows * Block.Size));
        for (var column = 0; column < columns; column++)
        {
            var field = reader.Field(column + 1);
            field.CopyTo(fields.AsSpan(filled));
            filled += field.Length;
            lengths[(rows * columns) + column] = field.Length;
        }

        rows++;
    }

    private void Write(IRowSink table)
    {
        var blocks = pseudonyms.AsSpan(0, rows * Block.Size);
        cipher.Decrypt(blocks, blocks);
        var at = 0;
        for (var row = 0; row < rows; row++)
        {
            var sizes = lengths.AsSpan(row * columns, columns);
            var size = 0;
            foreach (var length in sizes)
            {
                size += length;
            }

            table.Append(blocks.Slice(row * Block.Size, Block.Size), fields.AsSpan(at, size), sizes);
            at += size;
        }

        (rows, filled) = (0, 0);
    }
}
