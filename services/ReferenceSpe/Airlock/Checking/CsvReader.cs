using System.Text.Unicode;
using HealthDataNode.Protocol;

namespace HealthDataNode.ReferenceSpe.Airlock.Checking;

/// <summary>
/// Reads a table as RFC 4180 has it: UTF-8, commas, quotes where needed, a header line, one line for each row. What a
/// row shows is valid until the next read; memory is one buffer and one row.
/// </summary>
internal sealed class CsvReader(Stream input)
{
    private const int LongestRow = 64 * 1024;
    private readonly byte[] buffer = new byte[256 * 1024];
    private readonly byte[] row = new byte[LongestRow];
    private int[] ends = new int[64];
    private int at;
    private int filled;
    private int length;

    /// <summary>The current line; the header is line 1.</summary>
    public int Line { get; private set; }

    public int FieldCount { get; private set; }

    public ReadOnlySpan<byte> Row => row.AsSpan(0, length);

    public ReadOnlySpan<byte> Field(int i)
    {
        var start = i == 0 ? 0 : ends[i - 1];
        return row.AsSpan(start, ends[i] - start);
    }

    /// <summary>Goes to the next line; false at the end.</summary>
    /// <exception cref="ProtocolException">It is not such a table; the position is the line.</exception>
    public bool Read()
    {
        if (at == filled && !Fill())
        {
            return false;
        }

        Line++;
        (FieldCount, length) = (0, 0);
        if (Line == 1 && filled >= 3 && buffer.AsSpan(0, 3).SequenceEqual("\uFEFF"u8))
        {
            at = 3;
        }

        while (ReadField()) { }

        if (!Utf8.IsValid(Row))
        {
            throw Fault("not-utf8");
        }

        return Row.ContainsAnyInRange((byte)0, (byte)0x1F) || Row.Contains((byte)0x7F) ? throw Fault("control-character") : true;
    }

    // True where another field of this line follows.
    private bool ReadField()
    {
        if ((at < filled || Fill()) && buffer[at] == '"')
        {
            at++;
            ReadQuoted();
        }
        else
        {
            ReadPlain();
        }

        if (FieldCount == ends.Length)
        {
            Array.Resize(ref ends, 2 * FieldCount);
        }

        ends[FieldCount++] = length;
        if (at == filled && !Fill())
        {
            return false;
        }

        if (buffer[at] == '\r')
        {
            at++;
            if ((at < filled || Fill()) && buffer[at] != '\n')
            {
                throw Fault("control-character");
            }
        }

        if (at == filled)
        {
            return false;
        }

        return buffer[at++] switch
        {
            (byte)',' => true,
            (byte)'\n' => false,
            _ => throw Fault("quote-malformed"),
        };
    }

    private void ReadPlain()
    {
        while (at < filled || Fill())
        {
            var rest = buffer.AsSpan(at, filled - at);
            var end = rest.IndexOfAny((byte)',', (byte)'\n', (byte)'"');
            Append(end < 0 ? rest : rest[..end]);
            at += end < 0 ? rest.Length : end;
            if (end >= 0)
            {
                if (buffer[at] == '"')
                {
                    throw Fault("quote-malformed");
                }

                // A carriage return before the line feed belongs to the line's end.
                if (buffer[at] == '\n' && length > (FieldCount == 0 ? 0 : ends[FieldCount - 1]) && row[length - 1] == '\r')
                {
                    length--;
                }

                return;
            }
        }
    }

    private void ReadQuoted()
    {
        while (at < filled || Fill())
        {
            var rest = buffer.AsSpan(at, filled - at);
            var quote = rest.IndexOf((byte)'"');
            Append(quote < 0 ? rest : rest[..quote]);
            at += quote < 0 ? rest.Length : quote + 1;
            if (quote < 0)
            {
                continue;
            }

            if ((at < filled || Fill()) && buffer[at] == '"')
            {
                Append("\""u8);
                at++;
                continue;
            }

            return;
        }

        throw Fault("quote-unterminated");
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (length + bytes.Length > LongestRow)
        {
            throw Fault("line-too-long");
        }

        bytes.CopyTo(row.AsSpan(length));
        length += bytes.Length;
    }

    private bool Fill()
    {
        (at, filled) = (0, input.Read(buffer));
        return filled > 0;
    }

    private ProtocolException Fault(string code) => new(code, "The file is not a table in CSV.", Line);
}
