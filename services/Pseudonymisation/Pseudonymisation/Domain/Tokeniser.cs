using System.Security.Cryptography;
using HealthDataNode.Protocol.Identifiers;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Protocol.Records;

namespace HealthDataNode.Pseudonymisation.Domain;

/// <summary>Identifiers to person tokens: <c>E(tokenKey, block)</c>, in answers of one length whatever became of a record.</summary>
internal static class Tokeniser
{
    internal readonly record struct Outcome(long Issued, long Withheld, long Invalid, TokenSum Sum);

    /// <summary>Answers checked identifier records by position.</summary>
    /// <param name="records">11 digits each.</param>
    /// <param name="answers">17 bytes for each record.</param>
    /// <param name="cipher">The order's token cipher.</param>
    public static Outcome Answer(ReadOnlySpan<byte> records, Span<byte> answers, BatchCipher cipher)
    {
        var count = records.Length / PersonIdentifier.Length;
        var blocks = new byte[count * Block.Size];
        var positions = new int[count];
        var valid = 0;
        for (var i = 0; i < count; i++)
        {
            if (PersonIdentifier.TryParse(records.Slice(i * PersonIdentifier.Length, PersonIdentifier.Length), out var identifier))
            {
                Block.Encode(identifier, blocks.AsSpan(valid * Block.Size, Block.Size));
                positions[valid++] = i;
            }
            else
            {
                AnswerRecord.WriteOther(AnswerCode.Invalid, answers.Slice(i * AnswerRecord.Size, AnswerRecord.Size));
            }
        }
        var tokens = blocks.AsSpan(0, valid * Block.Size);
        cipher.Encrypt(tokens, tokens);
        for (var i = 0; i < valid; i++)
        {
            AnswerRecord.WriteIssued(
                tokens.Slice(i * Block.Size, Block.Size),
                answers.Slice(positions[i] * AnswerRecord.Size, AnswerRecord.Size)
            );
        }
        var sum = default(TokenSum).Add(tokens);
        CryptographicOperations.ZeroMemory(blocks);
        // Nobody can opt out yet (EHDS 71 comes with its own issue): withheld is in the format, and zero.
        return new Outcome(valid, 0, count - valid, sum);
    }
}
