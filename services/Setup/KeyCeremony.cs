using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;

namespace HealthDataNode.Setup;

/// <summary>
/// The key ceremony of one machine: the root key, which belongs to no service; and for each party of the reference
/// stack its keys, its requests with proof of possession, and the root's statements. A real party makes its keys at
/// home and sends only the requests.
/// </summary>
internal static class KeyCeremony
{
    private sealed record Party(string Id, string Use, bool Receives = false);

    // Who signs what (architecture.md §4). The SPE makes its encryption keys itself: its signing key signs them.
    private static readonly Party[] Parties =
    [
        new("permit", KeyUses.Permit),
        new("gateway", KeyUses.Gateway),
        new("speregistry", KeyUses.SpeRegistry),
        new("pseudonymisation", KeyUses.Pseudonymisation, Receives: true),
        new("audit", KeyUses.Audit),
        new("setup", KeyUses.Enrolment),
        new("cancerregistry", KeyUses.Holder, Receives: true),
        new("deathregistry", KeyUses.Holder, Receives: true),
        new("hospitaltrust", KeyUses.Holder, Receives: true),
        new("populationregister", KeyUses.Holder, Receives: true),
        new("referencespe", KeyUses.Spe),
    ];

    public static void Hold(SetupOptions place)
    {
        using var root = RootAuthority.OpenOrCreate(place.Path("keys", "root"), place.Path("keys", "public"));
        var from = DateTimeOffset.UtcNow.AddMinutes(-1);
        var to = from.AddYears(2);
        foreach (var party in Parties)
        {
            using var signing = SigningKey.LoadOrCreate(place.Path("keys", party.Id, "sign-1.pem"));
            root.State(KeyRequests.ForSigning(signing, party.Id, party.Use).Text, from, to);
            if (party.Receives)
            {
                using var encryption = Encryption(place.Path("keys", party.Id, "encryption-1.key"));
                var signer = new DocumentSigner(signing, party.Id, party.Use, 1);
                root.State(KeyRequests.ForEncryption(encryption.PublicKey, signer).Text, from, to);
            }
        }
    }

    private static EncryptionKey Encryption(string file)
    {
        if (!File.Exists(file))
        {
            using var made = EncryptionKey.Generate();
            PrivateFile.Write(file, made.ToBase64());
        }
        return EncryptionKey.FromFile(file);
    }
}
