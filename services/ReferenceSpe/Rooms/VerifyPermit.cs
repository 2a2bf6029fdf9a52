using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;

namespace HealthDataNode.ReferenceSpe.Rooms;

/// <summary>Whether a text is a permit of a room of this SPE: signed by Permit, of that lineage, with this SPE's key pinned.</summary>
internal sealed class VerifyPermit(TrustStore trust, DocumentSigner signer, SpeOptions options)
{
    /// <exception cref="DocumentRefusedException">It is not.</exception>
    public SignedDocument<PermitDocument> Run(string lineage, string text)
    {
        var permit = trust.Verify<PermitDocument>(text);
        if (permit.Payload.Lineage != lineage)
        {
            throw new DocumentRefusedException(Refusal.Unrelated, "The permit is of another lineage.");
        }

        if (permit.Payload.Spe.Party != options.Party || !trust.IsPinned(signer.Kid, permit.Payload.Spe))
        {
            throw new DocumentRefusedException(Refusal.NotPinned, "The permit names another SPE, or another key of this one.");
        }

        return permit;
    }
}
