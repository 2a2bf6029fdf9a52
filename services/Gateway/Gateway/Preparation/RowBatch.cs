using System.Security.Cryptography;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Protocol.Records;
using HealthDataNode.Protocol.Rows;

namespace HealthDataNode.Gateway.Preparation;

/// <summary>
/// Checked rows that wait for their pseudonyms, and the persons they are of: one buffer of fixed size, so that memory
/// does not grow with a part. Where a batch ends depends on the rows alone: a part made again has the same batches.
/// </summary>
internal sealed class RowBatch : IDisposable
{
    /// <summary>Bytes of rows after which a batch is full.</summary>
    public const int FullAt = 2 * 1024 * 1024;

    // A row is at least a token and its line end.
    private const int MaximumRows = FullAt / (PseudonymText.Length + 1) + 1;

    private readonly byte[] rows = new byte[FullAt + RowFormat.MaximumLine + 1];
    private readonly byte[] tokens = new byte[MaximumRows * Block.Size];
    private readonly int[] starts = new int[MaximumRows];
    private readonly int[] persons = new int[MaximumRows];
    private readonly byte[] current = new byte[PseudonymText.Length];
    private bool currentOutside;
    private int filled;
    private int personCount;

    /// <summary>Rows in the batch.</summary>
    public int Count { get; private set; }

    /// <summary>Whether it must be emptied before the next row.</summary>
    public bool IsFull => filled >= FullAt;

    /// <summary>Line number of the first row.</summary>
    public long FirstLine { get; private set; }

    /// <summary>The persons whose first row of the part is here, ascending.</summary>
    public ReadOnlyMemory<byte> Tokens => tokens.AsMemory(0, personCount * Block.Size);

    /// <summary>Adds a checked row.</summary>
    public void Add(ReadOnlySpan<byte> line, bool newPerson, long lineNumber)
    {
        if (Count == 0)
        {
            FirstLine = lineNumber;
        }
        if (newPerson)
        {
            PseudonymText.TryRead(line[..PseudonymText.Length], tokens.AsSpan(personCount * Block.Size, Block.Size));
            personCount++;
        }
        starts[Count] = filled;
        // -1: the person whose rows began in the batch before.
        persons[Count] = personCount - 1;
        Count++;
        line.CopyTo(rows.AsSpan(filled));
        filled += line.Length;
        rows[filled++] = RowFormat.LineEnd;
    }

    /// <summary>The line of a person's first row, by position in <see cref="Tokens"/>.</summary>
    public long LineOf(int person) =>
        FirstLine
        + Array.BinarySearch(persons, 0, Count, person) switch
        {
            var found when found >= 0 => FirstOf(found),
            _ => 0,
        };

    /// <summary>Puts pseudonyms in the tokens' place and leaves out who is outside the cohort.</summary>
    /// <param name="answers">Checked answers for <see cref="Tokens"/>.</param>
    /// <returns>The rows as they go to the SPE; valid until <see cref="Clear"/>.</returns>
    public Rewritten Rewrite(ReadOnlySpan<byte> answers)
    {
        var kept = 0;
        var outside = 0;
        var keptPersons = 0;
        var at = -1;
        for (var i = 0; i < Count; i++)
        {
            if (persons[i] != at)
            {
                at = persons[i];
                var answer = answers.Slice(at * AnswerRecord.Size, AnswerRecord.Size);
                currentOutside = AnswerRecord.Code(answer) == AnswerCode.OutsideCohort;
                if (!currentOutside)
                {
                    PseudonymText.Write(AnswerRecord.Value(answer), current);
                    keptPersons++;
                }
            }
            if (currentOutside)
            {
                outside++;
                continue;
            }
            var start = starts[i];
            var length = (i + 1 < Count ? starts[i + 1] : filled) - start;
            if (kept != start)
            {
                rows.AsSpan(start, length).CopyTo(rows.AsSpan(kept));
            }
            current.CopyTo(rows.AsSpan(kept));
            kept += length;
        }
        return new(rows.AsMemory(0, kept), Count - outside, outside, keptPersons);
    }

    /// <summary>Empties it; the last person goes on into the next batch.</summary>
    public void Clear() => Count = filled = personCount = 0;

    /// <summary>Empties it for another part, whose first row begins a person.</summary>
    public void Restart()
    {
        Clear();
        currentOutside = false;
    }

    /// <summary>Erases rows and tokens.</summary>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(rows);
        CryptographicOperations.ZeroMemory(tokens);
        CryptographicOperations.ZeroMemory(current);
    }

    private int FirstOf(int row)
    {
        while (row > 0 && persons[row - 1] == persons[row])
        {
            row--;
        }
        return row;
    }

    /// <summary>Rows as they go on, and what was counted.</summary>
    internal readonly record struct Rewritten(ReadOnlyMemory<byte> Bytes, int Rows, int Outside, int Persons);
}
