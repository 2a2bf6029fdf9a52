using System.Security.Cryptography;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Protocol.Records;

namespace HealthDataNode.Pseudonymisation.Domain;

/// <summary>Person tokens to delivery pseudonyms: <c>E(deliveryKey, E(pseudonymKey, D(tokenKey, token)))</c>.</summary>
internal static class Rekeyer
{
    /// <summary>Answers by position; or the position of the first token that is none of this order's.</summary>
    /// <returns>-1, or that position: nothing of the batch may be used then.</returns>
    public static int Answer(
        ReadOnlySpan<byte> tokens,
        Span<byte> answers,
        BatchCipher token,
        BatchCipher pseudonym,
        BatchCipher delivery
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
}
