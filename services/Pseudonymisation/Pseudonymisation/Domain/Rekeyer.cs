using System.Security.Cryptography;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Protocol.Records;

namespace HealthDataNode.Pseudonymisation.Domain;

/// <summary>
/// Person tokens to delivery pseudonyms: <c>E(deliveryKey, E(pseudonymKey, first(D(tokenKey, token))))</c>, where a
/// person's first identifier stands for all that the person had.
/// </summary>
internal static class Rekeyer
{
    /// <summary>Answers by position; or the position of the first token that is none of this order's.</summary>
    /// <returns>-1, or that position: nothing of the batch may be used then.</returns>
    public static int Answer(
        ReadOnlySpan<byte> tokens,
        Span<byte> answers,
        BatchCipher token,
        BatchCipher pseudonym,
        BatchCipher delivery,
        BatchCipher register,
        IdentityHistory history
    )
    {
        var work = new byte[tokens.Length];
        try
        {
            token.Decrypt(tokens, work);
            for (var at = 0; at < work.Length; at += Block.Size)
            {
                // Version, digits, control digits and padding: a forged token, or another order's, is found here.
                if (!Block.TryDecode(work.AsSpan(at, Block.Size), out _))
                {
                    return at / Block.Size;
                }
            }
            MapToFirst(work, register, history);
            pseudonym.Encrypt(work, work);
            delivery.Encrypt(work, work);
            for (int at = 0, to = 0; at < work.Length; at += Block.Size, to += AnswerRecord.Size)
            {
                AnswerRecord.WriteIssued(work.AsSpan(at, Block.Size), answers.Slice(to, AnswerRecord.Size));
            }
            return -1;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(work);
        }
    }

    // Here and nowhere earlier, so that no holder can look up who has another number (NOR-42).
    private static void MapToFirst(byte[] blocks, BatchCipher register, IdentityHistory history)
    {
        if (history.IsEmpty)
        {
            return;
        }
        var persons = new byte[blocks.Length];
        register.Encrypt(blocks, persons);
        for (var at = 0; at < persons.Length; at += Block.Size)
        {
            var person = Person.Of(persons.AsSpan(at, Block.Size));
            var first = history.FirstOf(person);
            if (first != person)
            {
                register.Decrypt(Person.Bytes(first), blocks.AsSpan(at, Block.Size));
            }
        }
    }
}
