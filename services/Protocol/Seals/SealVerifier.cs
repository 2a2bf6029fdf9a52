using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;

namespace HealthDataNode.Protocol.Seals;

/// <summary>Verifies seals. A file is used only after its seal was verified <b>and</b> its bytes were checked
/// against it, over the whole file: Crypt4GH has no mark at its end.</summary>
/// <param name="trust">The keys.</param>
public sealed class SealVerifier(TrustStore trust)
{
    /// <summary>Verifies a seal and compares it with what its receiver expects.</summary>
    /// <param name="text">A seal JWS.</param>
    /// <param name="expected">What the receiver expects.</param>
    /// <exception cref="DocumentRefusedException">The seal is refused; the refusal says in what it differs.</exception>
    public SignedDocument<Seal> Verify(string text, SealExpectation expected)
    {
        var seal = trust.Verify<Seal>(text);
        var says = seal.Payload;
        Same(says.Type, expected.Type, Refusal.SealType, "of another type");
        Same(says.Sender, expected.Sender, Refusal.SealSender, "by another sender");
        Same(says.Recipient, expected.Recipient, Refusal.SealRecipient, "for another recipient");
        Same(says.Order, expected.Order, Refusal.SealOrder, "for another order");
        Same(says.Part, expected.Part ?? says.Part, Refusal.SealPart, "for another part");
        Same(says.Answers, expected.Answers, Refusal.SealAnswers, "an answer to something else");
        return seal;
    }

    /// <summary>Verifies a seal, compares it, and checks the bytes of its file.</summary>
    /// <param name="text">A seal JWS.</param>
    /// <param name="expected">What the receiver expects.</param>
    /// <param name="bytes">Length and SHA-256 of the file that came with it.</param>
    /// <exception cref="DocumentRefusedException">The seal or the file is refused.</exception>
    public SignedDocument<Seal> Verify(string text, SealExpectation expected, SealedBytes bytes)
    {
        var seal = Verify(text, expected);
        Check(seal.Payload, bytes);
        return seal;
    }

    /// <summary>Checks the bytes of a file against its seal.</summary>
    /// <param name="seal">A verified seal.</param>
    /// <param name="bytes">Length and SHA-256 of the file.</param>
    /// <exception cref="DocumentRefusedException">They differ.</exception>
    public static void Check(Seal seal, SealedBytes bytes)
    {
        Same(bytes.Length, seal.Length, Refusal.SealLength, "over another number of bytes than came");
        Same(bytes.Sha256, seal.Sha256, Refusal.SealSha256, "over other bytes than came");
    }

    /// <summary>Checks the number of records or rows that were found inside.</summary>
    /// <param name="seal">A verified seal.</param>
    /// <param name="rows">The number found.</param>
    /// <exception cref="DocumentRefusedException">They differ.</exception>
    public static void CheckRows(Seal seal, long rows) => Same(rows, seal.Rows, Refusal.SealRows, "over another number of rows than came");

    private static void Same<T>(T found, T expected, Refusal refusal, string difference)
    {
        if (!EqualityComparer<T>.Default.Equals(found, expected))
        {
            throw new DocumentRefusedException(refusal, $"The seal is {difference}.");
        }
    }
}
