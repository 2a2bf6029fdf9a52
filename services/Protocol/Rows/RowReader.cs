using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;

namespace HealthDataNode.Protocol.Rows;

/// <summary>
/// Reads a row file line by line with one buffer: first <see cref="ReadHeaderAsync"/>, then <see cref="ReadAsync"/>
/// until it answers false. What a row shows is valid until the next read. Every row has as many fields as the header.
/// Disposing it erases the buffer; the stream is the caller's.
/// </summary>
/// <param name="input">The rows, for example a <see cref="Crypt4Gh.Crypt4GhReader"/>.</param>
public sealed class RowReader(Stream input) : IDisposable
{
    private const int BufferSize = 256 * 1024;

    private readonly byte[] buffer = new byte[BufferSize];
    private int[] fieldEnds = new int[64];
    private string[]? columns;
    private int lineStart;
    private int lineEnd;
    private int next;
    private int filled;
    private bool ended;

    /// <summary>The current line's number; the header is line 1.</summary>
    public long LineNumber { get; private set; }

    /// <summary>Fields of the current line, the person column included.</summary>
    public int FieldCount { get; private set; }

    /// <summary>The header's names, the person column first; empty before the header is read.</summary>
    public IReadOnlyList<string> Columns => columns ?? [];

    /// <summary>The current line without its LF.</summary>
    public ReadOnlySpan<byte> Line => buffer.AsSpan(lineStart, lineEnd - lineStart);

    /// <summary>As <see cref="Line"/>.</summary>
    public ReadOnlyMemory<byte> LineMemory => buffer.AsMemory(lineStart, lineEnd - lineStart);

    /// <summary>The first field: token or pseudonym.</summary>
    public ReadOnlySpan<byte> Person => Field(0);

    /// <summary>All fields but the person column, joined as they stand: what row digests are computed over.</summary>
    public ReadOnlySpan<byte> Rest => FieldCount > 1 ? buffer.AsSpan(fieldEnds[0] + 1, lineEnd - fieldEnds[0] - 1) : default;

    /// <summary>As <see cref="Rest"/>.</summary>
    public ReadOnlyMemory<byte> RestMemory => FieldCount > 1 ? buffer.AsMemory(fieldEnds[0] + 1, lineEnd - fieldEnds[0] - 1) : default;

    /// <summary>A field of the current line; 0 is the person column. Empty means NULL.</summary>
    public ReadOnlySpan<byte> Field(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)FieldCount, nameof(index));
        var start = index == 0 ? lineStart : fieldEnds[index - 1] + 1;
        return buffer.AsSpan(start, fieldEnds[index] - start);
    }

    /// <summary>Reads the header line and returns its names.</summary>
    /// <exception cref="ProtocolException"><c>header-missing</c>, <c>header-malformed</c>, or as <see cref="ReadAsync"/>.</exception>
    public async ValueTask<IReadOnlyList<string>> ReadHeaderAsync(CancellationToken cancellationToken = default) =>
        AcceptHeader(await NextLineAsync(cancellationToken).ConfigureAwait(false));

    /// <summary>As <see cref="ReadHeaderAsync"/>.</summary>
    /// <exception cref="ProtocolException">As <see cref="ReadHeaderAsync"/>.</exception>
    public IReadOnlyList<string> ReadHeader() => AcceptHeader(NextLine());

    /// <summary>Goes to the next row; false at the end.</summary>
    /// <exception cref="ProtocolException">
    /// <c>line-too-long</c>, <c>control-character</c>, <c>not-utf8</c>, <c>field-count</c>, <c>line-unterminated</c>;
    /// the position is the line number.
    /// </exception>
    public ValueTask<bool> ReadAsync(CancellationToken cancellationToken = default)
    {
        // Nearly every row lies in the buffer already: no state machine for those.
        if (TryScan())
        {
            return ValueTask.FromResult(AcceptRow(true));
        }

        return Slow(cancellationToken);

        async ValueTask<bool> Slow(CancellationToken cancellationToken) =>
            AcceptRow(await NextLineAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>As <see cref="ReadAsync"/>.</summary>
    /// <exception cref="ProtocolException">As <see cref="ReadAsync"/>.</exception>
    public bool Read() => AcceptRow(NextLine());

    /// <summary>Erases the buffer.</summary>
    public void Dispose() => CryptographicOperations.ZeroMemory(buffer);

    private IReadOnlyList<string> AcceptHeader(bool present)
    {
        if (!present)
        {
            throw new ProtocolException("header-missing", "The row file is empty.", 1);
        }

        CheckText();
        var names = new string[FieldCount];
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = Encoding.UTF8.GetString(Field(i));
            if (names[i].Length == 0 || Array.IndexOf(names, names[i]) < i)
            {
                throw new ProtocolException("header-malformed", "A column has no name, or another's.", LineNumber, i);
            }
        }

        return columns = names;
    }

    private bool AcceptRow(bool present)
    {
        if (columns is null)
        {
            throw new InvalidOperationException("Read the header first.");
        }

        if (present)
        {
            CheckText();
            if (FieldCount != columns.Length)
            {
                throw new ProtocolException("field-count", "A row has another number of fields.", LineNumber);
            }
        }

        return present;
    }

    private void CheckText()
    {
        if (!Utf8.IsValid(Line))
        {
            throw new ProtocolException("not-utf8", "A line is not UTF-8.", LineNumber);
        }
    }

    private bool NextLine()
    {
        while (!TryScan())
        {
            if (AtEnd())
            {
                return false;
            }

            MakeRoom();
            Took(input.Read(buffer.AsSpan(filled)));
        }

        return true;
    }

    private async ValueTask<bool> NextLineAsync(CancellationToken cancellationToken)
    {
        while (!TryScan())
        {
            if (AtEnd())
            {
                return false;
            }

            MakeRoom();
            Took(await input.ReadAsync(buffer.AsMemory(filled), cancellationToken).ConfigureAwait(false));
        }

        return true;
    }

    private bool AtEnd()
    {
        if (ended && next < filled)
        {
            throw new ProtocolException("line-unterminated", "The last line has no line end.", LineNumber + 1);
        }

        return ended;
    }

    private void MakeRoom()
    {
        if (next > 0)
        {
            buffer.AsSpan(next, filled - next).CopyTo(buffer);
            filled -= next;
            next = 0;
        }
    }

    private void Took(int read)
    {
        filled += read;
        ended = read == 0;
    }

    // One pass finds separators, the line's end and what must not be there: all are below U+0020.
    private bool TryScan()
    {
        var start = next;
        var count = 0;
        for (var at = start; at < filled; at += 64)
        {
            var controls = filled - at >= 64 ? Controls64(at) : ControlsAtEnd(at);
            for (; controls != 0; controls &= controls - 1)
            {
                var control = at + BitOperations.TrailingZeroCount(controls);
                if (control - start > RowFormat.MaximumLine)
                {
                    throw TooLong();
                }

                if (buffer[control] == RowFormat.Separator)
                {
                    Mark(count++, control);
                }
                else if (buffer[control] == RowFormat.LineEnd)
                {
                    Mark(count++, control);
                    FieldCount = count;
                    lineStart = start;
                    lineEnd = control;
                    next = control + 1;
                    LineNumber++;
                    return true;
                }
                else
                {
                    throw new ProtocolException("control-character", "A line holds a character below U+0020.", LineNumber + 1, count);
                }
            }
        }

        return filled - start > RowFormat.MaximumLine ? throw TooLong() : false;
    }

    private void Mark(int field, int end)
    {
        if (field == fieldEnds.Length)
        {
            Array.Resize(ref fieldEnds, 2 * field);
        }

        fieldEnds[field] = end;
    }

    private ulong Controls64(int at)
    {
        ref var window = ref MemoryMarshal.GetReference(buffer.AsSpan(at, 64));
        var limit = Vector256.Create(RowFormat.FirstAllowed);
        return Vector256.LessThan(Vector256.LoadUnsafe(ref window), limit).ExtractMostSignificantBits()
            | (ulong)Vector256.LessThan(Vector256.LoadUnsafe(ref window, 32), limit).ExtractMostSignificantBits() << 32;
    }

    private ulong ControlsAtEnd(int at)
    {
        var controls = 0UL;
        for (var i = at; i < filled; i++)
        {
            controls |= buffer[i] < RowFormat.FirstAllowed ? 1UL << (i - at) : 0;
        }

        return controls;
    }

    private ProtocolException TooLong() => new("line-too-long", $"A line has more than {RowFormat.MaximumLine} bytes.", LineNumber + 1);
}
