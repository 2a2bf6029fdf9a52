using System.Security.Cryptography;
using System.Text;

namespace HealthDataNode.Protocol.Rows;

/// <summary>
/// Writes a row file: the header, then rows field by field or whole. Refuses what a reader would refuse. Buffers
/// 64 KiB; flush it, or dispose it, before the stream is used. The stream is the caller's.
/// </summary>
public sealed class RowWriter : IDisposable, IAsyncDisposable
{
    private const int FlushAt = 64 * 1024;

    private readonly Stream output;
    private readonly int columns;
    private readonly byte[] buffer = new byte[FlushAt + RowFormat.MaximumLine + 1];
    private int filled;
    private int rowStart;
    private int fields;

    /// <summary>Starts a file whose header has these names, the person column first.</summary>
    public RowWriter(Stream output, IReadOnlyList<string> columns)
    {
        this.output = output;
        this.columns = columns.Count;
        foreach (var name in columns)
        {
            Field(name);
        }

        EndRow();
        Rows = 0;
    }

    /// <summary>Rows written, the header not counted.</summary>
    public long Rows { get; private set; }

    /// <summary>Adds a field to the current row; empty is NULL. The person column comes first.</summary>
    /// <param name="value">UTF-8.</param>
    /// <exception cref="ProtocolException"><c>control-character</c>, <c>line-too-long</c>, <c>field-count</c>.</exception>
    public void Field(ReadOnlySpan<byte> value)
    {
        if (fields == columns)
        {
            throw Refuse("field-count", "The row has too many fields.");
        }

        if (value.ContainsAnyInRange((byte)0, (byte)(RowFormat.FirstAllowed - 1)))
        {
            throw Refuse("control-character", "A field holds a character below U+0020.");
        }

        if (fields > 0)
        {
            Append([RowFormat.Separator]);
        }

        Append(value);
        fields++;
    }

    /// <summary>As <see cref="Field(ReadOnlySpan{byte})"/>; null is the empty field.</summary>
    /// <exception cref="ProtocolException">As <see cref="Field(ReadOnlySpan{byte})"/>.</exception>
    public void Field(string? value)
    {
        var text = value.AsSpan();
        if (Encoding.UTF8.GetMaxByteCount(text.Length) <= 1024)
        {
            Span<byte> utf8 = stackalloc byte[1024];
            Field(utf8[..Encoding.UTF8.GetBytes(text, utf8)]);
        }
        else
        {
            Field(Encoding.UTF8.GetBytes(value!));
        }
    }

    /// <summary>Ends the row; writes to the stream when the buffer is full.</summary>
    /// <exception cref="ProtocolException"><c>field-count</c>.</exception>
    public void EndRow()
    {
        Finish();
        if (filled >= FlushAt)
        {
            Flush();
        }
    }

    /// <summary>As <see cref="EndRow"/>.</summary>
    /// <exception cref="ProtocolException"><c>field-count</c>.</exception>
    public ValueTask EndRowAsync(CancellationToken cancellationToken = default)
    {
        Finish();
        return filled >= FlushAt ? FlushAsync(cancellationToken) : ValueTask.CompletedTask;
    }

    /// <summary>Writes a whole row from a person field and the other fields as they were joined.</summary>
    /// <param name="person">Token or pseudonym text.</param>
    /// <param name="rest"><see cref="RowReader.Rest"/> of a row with as many columns.</param>
    /// <exception cref="ProtocolException"><c>control-character</c>, <c>line-too-long</c>, <c>field-count</c>.</exception>
    public void WriteRow(ReadOnlySpan<byte> person, ReadOnlySpan<byte> rest)
    {
        Put(person, rest);
        EndRow();
    }

    /// <summary>As <see cref="WriteRow"/>.</summary>
    /// <exception cref="ProtocolException">As <see cref="WriteRow"/>.</exception>
    public ValueTask WriteRowAsync(ReadOnlySpan<byte> person, ReadOnlySpan<byte> rest, CancellationToken cancellationToken = default)
    {
        Put(person, rest);
        return EndRowAsync(cancellationToken);
    }

    /// <summary>Writes whole rows to the stream.</summary>
    public void Flush()
    {
        output.Write(buffer, 0, rowStart);
        Compact();
    }

    /// <summary>As <see cref="Flush"/>.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        await output.WriteAsync(buffer.AsMemory(0, rowStart), cancellationToken).ConfigureAwait(false);
        Compact();
    }

    /// <summary>Flushes and erases the buffer.</summary>
    public void Dispose()
    {
        Flush();
        CryptographicOperations.ZeroMemory(buffer);
    }

    /// <summary>Flushes and erases the buffer.</summary>
    public async ValueTask DisposeAsync()
    {
        await FlushAsync().ConfigureAwait(false);
        CryptographicOperations.ZeroMemory(buffer);
    }

    private void Put(ReadOnlySpan<byte> person, ReadOnlySpan<byte> rest)
    {
        Field(person);
        if (columns == 1)
        {
            if (!rest.IsEmpty)
            {
                throw Refuse("field-count", "The row has too many fields.");
            }

            return;
        }

        var from = filled;
        Append([RowFormat.Separator]);
        Append(rest);
        var added = buffer.AsSpan(from, filled - from);
        fields += added.Count(RowFormat.Separator);
        // Separators apart, nothing below U+0020 (0x1F is the last of them).
        if (added.ContainsAnyInRange((byte)0, (byte)(RowFormat.Separator - 1)))
        {
            throw Refuse("control-character", "A field holds a character below U+0020.");
        }
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (filled - rowStart + bytes.Length > RowFormat.MaximumLine)
        {
            throw Refuse("line-too-long", $"A line has more than {RowFormat.MaximumLine} bytes.");
        }

        bytes.CopyTo(buffer.AsSpan(filled));
        filled += bytes.Length;
    }

    private void Finish()
    {
        if (fields != columns)
        {
            throw Refuse("field-count", "The row has another number of fields than the header.");
        }

        buffer[filled++] = RowFormat.LineEnd;
        rowStart = filled;
        fields = 0;
        Rows++;
    }

    private void Compact()
    {
        buffer.AsSpan(rowStart, filled - rowStart).CopyTo(buffer);
        filled -= rowStart;
        rowStart = 0;
    }

    // The refused row is taken back whole; the writer stays usable.
    private ProtocolException Refuse(string code, string detail)
    {
        var column = fields;
        filled = rowStart;
        fields = 0;
        return new ProtocolException(code, detail, Rows + 2, column);
    }
}
