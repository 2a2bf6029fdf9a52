using HealthDataNode.Protocol.Identifiers;
using HealthDataNode.Protocol.Pseudonyms;

namespace HealthDataNode.Protocol.Records;

/// <summary>The six kinds of records, their sizes and what is checked of them. Immutable.</summary>
public sealed class RecordFormat
{
    private const int AnswerSize = 1 + Block.Size;

    private readonly Judge judge;
    private readonly bool ordered;

    private RecordFormat(string name, int size, bool ordered, Judge judge)
    {
        Name = name;
        Size = size;
        this.ordered = ordered;
        this.judge = judge;
    }

    // The code that refuses the record, or null.
    private delegate string? Judge(ReadOnlySpan<byte> record);

    /// <summary>Holder to Pseudonymisation: 11 ASCII digits each, strictly ascending. Control digits are not judged here.</summary>
    public static RecordFormat Identifiers { get; } =
        new(
            "identifiers",
            PersonIdentifier.Length,
            ordered: true,
            static record => record.ContainsAnyExceptInRange((byte)'0', (byte)'9') ? "record-not-digits" : null
        );

    /// <summary>Pseudonymisation to holder: 17-byte answers by position, codes 0 to 3.</summary>
    public static RecordFormat TokenAnswers { get; } =
        new(
            "tokens",
            AnswerSize,
            ordered: false,
            static record =>
                JudgeAnswer(
                    record,
                    (AnswerCode)record[0] is AnswerCode.Issued or AnswerCode.Withheld or AnswerCode.Invalid or AnswerCode.BudgetExceeded
                )
        );

    /// <summary>Gateway to Pseudonymisation: 16-byte person tokens, strictly ascending.</summary>
    public static RecordFormat Tokens { get; } = new("re-key", Block.Size, ordered: true, static _ => null);

    /// <summary>Pseudonymisation to Gateway: 17-byte answers by position, codes 0 and 4.</summary>
    public static RecordFormat RekeyAnswers { get; } =
        new(
            "re-key-answers",
            AnswerSize,
            ordered: false,
            static record => JudgeAnswer(record, (AnswerCode)record[0] is AnswerCode.Issued or AnswerCode.OutsideCohort)
        );

    /// <summary>Population register to Pseudonymisation: changes in the order of their numbers, see
    /// <see cref="PopulationRecord"/>. Control digits are judged here: the register knows its numbers.</summary>
    public static RecordFormat Population { get; } = new("population", PopulationRecord.Size, ordered: false, PopulationRecord.Judge);

    /// <summary>Pseudonymisation to SPE: 32 bytes each, the permit pseudonym that was and the one that stands.</summary>
    public static RecordFormat Aliases { get; } =
        new(
            "aliases",
            2 * Block.Size,
            ordered: false,
            static record => record[..Block.Size].SequenceEqual(record[Block.Size..]) ? "record-same-pseudonym" : null
        );

    /// <summary>Short name, for messages.</summary>
    public string Name { get; }

    /// <summary>Bytes of one record.</summary>
    public int Size { get; }

    /// <summary>
    /// Checks whole records, and that ordered ones ascend strictly, also from <paramref name="previous"/> (empty where
    /// there is none). For a stream use <see cref="RecordReader"/>.
    /// </summary>
    /// <param name="records">Whole records.</param>
    /// <param name="previous">The record before the first, or empty.</param>
    /// <param name="position">Number of the first record, for the exception.</param>
    /// <exception cref="ProtocolException">
    /// <c>record-truncated</c>, <c>record-not-digits</c>, <c>record-code-unknown</c>, <c>record-padding</c>,
    /// <c>record-repeated</c>, <c>record-out-of-order</c>, <c>record-date</c>, <c>record-identifier-invalid</c>,
    /// <c>record-same-person</c>, <c>record-same-pseudonym</c>.
    /// </exception>
    public void Check(ReadOnlySpan<byte> records, ReadOnlySpan<byte> previous = default, long position = 0)
    {
        if (records.Length % Size != 0)
        {
            throw new ProtocolException("record-truncated", $"The {Name} end within a record.", position + records.Length / Size);
        }

        for (; !records.IsEmpty; records = records[Size..], position++)
        {
            var record = records[..Size];
            if (judge(record) is { } code)
            {
                throw new ProtocolException(code, $"One of the {Name} is malformed.", position);
            }

            if (!ordered)
            {
                continue;
            }

            if (!previous.IsEmpty)
            {
                switch (previous.SequenceCompareTo(record))
                {
                    case 0:
                        throw new ProtocolException("record-repeated", $"One of the {Name} stands twice.", position);
                    case > 0:
                        throw new ProtocolException("record-out-of-order", $"The {Name} do not ascend.", position);
                }
            }

            previous = record;
        }
    }

    private static string? JudgeAnswer(ReadOnlySpan<byte> record, bool known) =>
        !known ? "record-code-unknown"
        : record[0] != (byte)AnswerCode.Issued && record[1..].ContainsAnyExcept((byte)0) ? "record-padding"
        : null;
}
