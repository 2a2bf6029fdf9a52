using HealthDataNode.Protocol.Documents;

namespace HealthDataNode.Protocol.Trust;

/// <summary>What a party sends to the root for a key of its own.</summary>
public static class KeyRequests
{
    /// <summary>For a signing key, signed by itself.</summary>
    /// <param name="key">The key.</param>
    /// <param name="party">The party.</param>
    /// <param name="use">One of <see cref="KeyUses"/>, not encryption.</param>
    /// <param name="sequence">From 1.</param>
    public static SignedDocument<KeyRequest> ForSigning(SigningKey key, string party, string use, int sequence = 1) =>
        key.Sign(Request(party, use, key.PublicKey, sequence), KeyStatement.KidOf(party, sequence, use));

    /// <summary>For an X25519 key, signed by the party's signing key.</summary>
    /// <param name="publicKey">The 32 bytes of the public key.</param>
    /// <param name="signer">The party's signing key, which the root has stated already.</param>
    /// <param name="sequence">From 1.</param>
    public static SignedDocument<KeyRequest> ForEncryption(ReadOnlySpan<byte> publicKey, DocumentSigner signer, int sequence = 1) =>
        signer.Sign(Request(signer.Party, KeyUses.Encryption, PublicJwk.Of(publicKey), sequence));

    /// <summary>The endorsement of a new signing key, signed by the one before it.</summary>
    /// <param name="newKey">The new key.</param>
    /// <param name="use">Its use, the same as before.</param>
    /// <param name="before">The signer of the sequence before.</param>
    public static SignedDocument<KeyRequest> Endorse(PublicJwk newKey, string use, DocumentSigner before) =>
        before.Sign(Request(before.Party, use, newKey, before.Sequence + 1));

    private static KeyRequest Request(string party, string use, PublicJwk key, int sequence) =>
        new()
        {
            Party = party,
            Use = use,
            Key = key,
            Sequence = sequence,
        };
}
