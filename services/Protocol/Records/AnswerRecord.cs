using HealthDataNode.Protocol.Pseudonyms;

namespace HealthDataNode.Protocol.Records;

/// <summary>What became of one record; the answer's first byte.</summary>
public enum AnswerCode : byte
{
    /// <summary>A token or a delivery pseudonym follows.</summary>
    Issued = 0,

    /// <summary>Withheld, whatever the reason (opt-out, address protection, ...).</summary>
    Withheld = 1,

    /// <summary>No valid identifier.</summary>
    Invalid = 2,

    /// <summary>Reserved: past the budget the whole call is refused, so no answer bears it.</summary>
    BudgetExceeded = 3,

    /// <summary>Re-key alone: the person is not in the permit's cohort.</summary>
    OutsideCohort = 4,
}

/// <summary>An answer of 17 bytes: the code and 16 bytes that are zero unless it is <see cref="AnswerCode.Issued"/>.</summary>
public static class AnswerRecord
{
    /// <summary>Bytes of an answer.</summary>
    public const int Size = 1 + Block.Size;

    /// <summary>Writes an answer with a token or delivery pseudonym.</summary>
    public static void WriteIssued(ReadOnlySpan<byte> value, Span<byte> record)
    {
        record[0] = (byte)AnswerCode.Issued;
        value[..Block.Size].CopyTo(record[1..]);
    }

    /// <summary>Writes an answer without one.</summary>
    public static void WriteOther(AnswerCode code, Span<byte> record)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(code, AnswerCode.Issued);
        record[..Size].Clear();
        record[0] = (byte)code;
    }

    /// <summary>The code of a checked answer.</summary>
    public static AnswerCode Code(ReadOnlySpan<byte> record) => (AnswerCode)record[0];

    /// <summary>The 16 bytes of an answer.</summary>
    public static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> record) => record.Slice(1, Block.Size);
}
