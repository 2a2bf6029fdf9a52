using System.Security.Cryptography;
using HealthDataNode.Protocol;
using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.Protocol.Trust;

namespace HealthDataNode.ReferenceSpe.Ingress;

/// <summary>Verifies what Gateway announces: permit, order, manifest and the sealed delivery key belong together, are
/// for this SPE, and the key opens.</summary>
internal sealed class DeliveryDocuments(TrustStore trust, OrderAndPermit documents, SealVerifier seals)
{
    /// <summary>Order and permit alone, before anything else is looked at.</summary>
    /// <param name="orderText">The order JWS.</param>
    /// <param name="permitText">The permit JWS.</param>
    /// <param name="signer">This SPE, which the permit must pin.</param>
    /// <exception cref="DocumentRefusedException">They are refused.</exception>
    public VerifiedOrder VerifyOrder(string orderText, string permitText, DocumentSigner signer)
    {
        var order = documents.Verify(orderText, permitText);
        return order.Spe.Party == signer.Party && trust.IsPinned(signer.Kid, order.Spe)
            ? order
            : throw new DocumentRefusedException(Refusal.NotPinned, "The permit names another SPE, or another key of this one.");
    }

    /// <summary>The rest.</summary>
    /// <param name="announcement">What was announced.</param>
    /// <param name="order">Its order.</param>
    /// <param name="signer">This SPE.</param>
    /// <param name="keys">Its encryption keys, by sequence.</param>
    /// <exception cref="DocumentRefusedException">Something is refused.</exception>
    public SignedDocument<Manifest> Verify(
        Announcement announcement,
        VerifiedOrder order,
        DocumentSigner signer,
        Func<int, EncryptionKey?> keys
    )
    {
        var box = announcement.DeliveryKey;
        var expected = new SealExpectation(SealTypes.DeliveryKey, Parties.Pseudonymisation, signer.Party, order.Order.Digest, 1);
        var seal = seals.Verify(box.Seal, expected, SealedBytes.Of(box.Box));
        var manifest = documents.VerifyManifest(announcement.Manifest, order, seal);
        using var key =
            keys(manifest.Payload.SpeKeySequence)
            ?? throw new DocumentRefusedException(Refusal.Unrelated, "The manifest names an encryption key that is not here.");
        using var cipher = Open(announcement, key);
        return manifest;
    }

    /// <summary>What undoes delivery pseudonyms to permit pseudonyms.</summary>
    /// <exception cref="DocumentRefusedException">The key is not sealed to this one, or is none.</exception>
    public static BatchCipher Open(Announcement announcement, EncryptionKey key)
    {
        byte[] opened;
        try
        {
            opened = Crypt4GhFile.Open(announcement.DeliveryKey.Box, key);
        }
        catch (ProtocolException)
        {
            throw new DocumentRefusedException(
                Refusal.Unrelated,
                "The delivery key is not sealed to the encryption key that the manifest names."
            );
        }

        try
        {
            return opened.Length == PermitKey.Size
                ? new BatchCipher(opened)
                : throw new DocumentRefusedException(Refusal.Invalid, "The sealed delivery key is not 32 bytes.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(opened);
        }
    }
}
