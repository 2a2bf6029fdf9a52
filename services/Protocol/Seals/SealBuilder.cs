using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;

namespace HealthDataNode.Protocol.Seals;

/// <summary>Signs seals over Crypt4GH files in the name of one party.</summary>
/// <param name="signer">The party's key.</param>
public sealed class SealBuilder(DocumentSigner signer)
{
    /// <summary>Seals a file; the sender is the signer's party.</summary>
    /// <param name="type">One of <see cref="SealTypes"/>.</param>
    /// <param name="recipient">The party that the file is encrypted to.</param>
    /// <param name="order">Digest of the order.</param>
    /// <param name="part">From 1.</param>
    /// <param name="rows">Records or rows inside.</param>
    /// <param name="bytes">Length and SHA-256 of the file.</param>
    /// <param name="answers">Digest of the seal that this one answers; with type tokens only.</param>
    public SignedDocument<Seal> Build(
        string type,
        string recipient,
        string order,
        int part,
        long rows,
        SealedBytes bytes,
        string? answers = null
    ) =>
        signer.Sign(
            new Seal
            {
                Type = type,
                Sender = signer.Party,
                Recipient = recipient,
                Order = order,
                Part = part,
                Rows = rows,
                Length = bytes.Length,
                Sha256 = bytes.Sha256,
                Answers = answers,
            }
        );
}
