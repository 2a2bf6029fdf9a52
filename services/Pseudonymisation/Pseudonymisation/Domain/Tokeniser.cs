using System.Runtime.InteropServices;
using System.Security.Cryptography;
using HealthDataNode.Protocol.Identifiers;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Protocol.Records;

namespace HealthDataNode.Pseudonymisation.Domain;

/// <summary>
/// Identifiers to person tokens: <c>E(tokenKey, block)</c>, in answers of one length whatever became of a record. Who is
/// withheld is left out before any token is made; that costs one more pass of the cipher and one look-up a person.
/// Not safe for several threads.
/// </summary>
/// <param name="token">The order's token cipher.</param>
/// <param name="register">The cipher under which persons stand in the registers.</param>
/// <param name="withheld">Whom the order does not get, whatever the reason.</param>
internal sealed class Tokeniser(BatchCipher token, BatchCipher register, WithheldPersons withheld)
{
    // Kept from batch to batch: as new arrays they would be large objects, and cost more than the ciphers.
    private byte[] blocks = [];
    private byte[] persons = [];
    private int[] positions = [];
    private bool[] left = [];

    internal readonly record struct Outcome(long Issued, long Withheld, long Invalid, TokenSum Sum);

    /// <summary>Answers checked identifier records by position.</summary>
    /// <param name="records">11 digits each.</param>
    /// <param name="answers">17 bytes for each record.</param>
    public Outcome Answer(ReadOnlySpan<byte> records, Span<byte> answers)
    {
        var count = records.Length / PersonIdentifier.Length;
        if (left.Length < count)
        {
            (blocks, persons) = (new byte[count * Block.Size], new byte[count * Block.Size]);
            (positions, left) = (new int[count], new bool[count]);
        }
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
        register.Encrypt(blocks.AsSpan(0, valid * Block.Size), persons);
        withheld.Mark(persons, left.AsSpan(0, valid));
        var whole = MemoryMarshal.Cast<byte, UInt128>(blocks.AsSpan());
        var kept = 0;
        for (var i = 0; i < valid; i++)
        {
            if (left[i])
            {
                AnswerRecord.WriteOther(AnswerCode.Withheld, answers.Slice(positions[i] * AnswerRecord.Size, AnswerRecord.Size));
                continue;
            }
            whole[kept] = whole[i];
            positions[kept++] = positions[i];
        }
        var tokens = blocks.AsSpan(0, kept * Block.Size);
        token.Encrypt(tokens, tokens);
        for (var i = 0; i < kept; i++)
        {
            AnswerRecord.WriteIssued(
                tokens.Slice(i * Block.Size, Block.Size),
                answers.Slice(positions[i] * AnswerRecord.Size, AnswerRecord.Size)
            );
        }
        var sum = default(TokenSum).Add(tokens);
        CryptographicOperations.ZeroMemory(blocks);
        return new Outcome(kept, valid - kept, count - valid, sum);
    }
}
