using System.Globalization;
using System.Text;
using HealthDataNode.Protocol.Identifiers;
using HealthDataNode.Protocol.Records;

namespace HealthDataNode.ReferenceHolder.Feed;

/// <summary>
/// The register's file: a header, and lines <c>number,date,kind,person_id,other_id</c> whose numbers go up by one. It
/// grows at its end while it is read, so a line counts once its line feed is there.
/// </summary>
public sealed class RegisterLines(HolderOptions options)
{
    private const string Header = "number,date,kind,person_id,other_id";

    /// <summary>Records of lines, and where the next ones begin.</summary>
    /// <param name="Records">The records, joined.</param>
    /// <param name="Offset">Bytes of the file behind them.</param>
    /// <param name="LastLine">The last line's number.</param>
    public sealed record Read(byte[] Records, long Offset, long LastLine)
    {
        /// <summary>How many lines.</summary>
        public int Count => Records.Length / PopulationRecord.Size;
    }

    /// <summary>The lines behind an offset, at most a batch of them.</summary>
    /// <param name="offset">Where the lines read before end; 0 at the beginning.</param>
    /// <param name="lastLine">Number of the last line read before; 0 at the beginning.</param>
    /// <exception cref="InvalidDataException">A line is not as it must be; its number is said, nothing of it.</exception>
    public Read After(long offset, long lastLine)
    {
        using var file = new FileStream(options.Feed!, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        file.Position = offset;
        using var records = new MemoryStream();
        var line = new List<byte>(128);
        Span<byte> record = stackalloc byte[PopulationRecord.Size];
        // Buffered by the stream itself.
        for (
            var next = file.ReadByte();
            next >= 0 && records.Length < (long)options.LinesPerBatch * PopulationRecord.Size;
            next = file.ReadByte()
        )
        {
            if (next != '\n')
            {
                line.Add((byte)next);
                continue;
            }
            var text = Encoding.ASCII.GetString([.. line]).TrimEnd('\r');
            offset += line.Count + 1;
            line.Clear();
            if (text == Header && lastLine == 0)
            {
                continue;
            }
            Parse(text, ++lastLine).Write(record);
            records.Write(record);
        }
        return new Read(records.ToArray(), offset, lastLine);
    }

    private static PopulationRecord Parse(string line, long number)
    {
        var fields = line.Split(',');
        PopulationKind? kind =
            fields.Length == 5
                ? fields[2] switch
                {
                    "number-change" => PopulationKind.NumberChange,
                    "death" => PopulationKind.Death,
                    "address-protected" => PopulationKind.AddressProtected,
                    "address-open" => PopulationKind.AddressOpen,
                    _ => null,
                }
                : null;
        return
            kind is { } known
            && fields[0] == number.ToString(CultureInfo.InvariantCulture)
            && DateOnly.TryParseExact(fields[1], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            && PersonIdentifier.TryParse(fields[3], out var person)
            && Other(fields[4], known, person, out var other)
            ? new PopulationRecord(known, date, person, other)
            : throw new InvalidDataException(
                $"Line {number} of the population register is not as it must be; the lines before it are sent."
            );
    }

    private static bool Other(string field, PopulationKind kind, PersonIdentifier person, out PersonIdentifier? other)
    {
        other = PersonIdentifier.TryParse(field, out var parsed) ? parsed : null;
        return kind == PopulationKind.NumberChange ? other is not null && other != person : field.Length == 0;
    }
}
