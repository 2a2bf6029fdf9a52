using System.Text.Json.Nodes;
using HealthDataNode.Protocol;
using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Identifiers;
using HealthDataNode.Protocol.Trust;

namespace HealthDataNode.Setup;

/// <summary>
/// Enrols the realm's citizens (EHDS 71): each gets the attribute <c>sealed_id</c>, the person number sealed to
/// Pseudonymisation and signed over issuer and <c>sub</c>. In production the identity provider's mapper makes it from
/// what the national eID says.
/// </summary>
internal static class Citizens
{
    private const string Attribute = "sealed_id";

    public static void Enrol(SetupOptions place, JsonObject realm)
    {
        if (place.Citizens is not { Length: > 0 } file)
        {
            return;
        }
        if (!File.Exists(file))
        {
            throw new SetupException($"{file} is missing: make the registers before Setup runs.");
        }
        using var signer = DocumentSigner.Load(place.Path("keys", Parties.Setup), Parties.Setup, KeyUses.Enrolment);
        // The ceremony of one machine holds every key; a real one has Pseudonymisation's public half alone.
        using var recipient = EncryptionKey.FromFile(place.Path("keys", Parties.Pseudonymisation, "encryption-1.key"));
        var issuer = $"{place.Issuer.TrimEnd('/')}/realms/{(string)realm["realm"]!}";
        var before = Before(place);
        foreach (var (username, citizen) in JsonNode.Parse(File.ReadAllText(file))!.AsObject())
        {
            if (!PersonIdentifier.TryParse((string?)citizen?["number"], out var number))
            {
                throw new SetupException($"{file}: {username} has no valid person number.");
            }
            var user =
                realm["users"]!.AsArray().FirstOrDefault(user => (string?)user!["username"] == username)
                ?? throw new SetupException($"{file}: the realm has no user {username}.");
            var sub = (string)user["id"]!;
            var attributes = user["attributes"] as JsonObject ?? new JsonObject();
            user["attributes"] = attributes;
            // A second run changes nothing: who is signed in keeps what the first one gave.
            attributes[Attribute] = new JsonArray(
                before.GetValueOrDefault(username) is { } text && IsOf(place, text, issuer, sub, number, recipient)
                    ? text
                    : Seal(signer, issuer, sub, number, recipient)
            );
        }
    }

    private static string Seal(DocumentSigner signer, string issuer, string sub, PersonIdentifier number, EncryptionKey recipient)
    {
        var digits = new byte[PersonIdentifier.Length];
        number.WriteDigits(digits);
        var box = Base64UrlText.Encode(Crypt4GhFile.Seal(digits, recipient.PublicKey));
        return signer
            .Sign(
                new SealedId
                {
                    Issuer = issuer,
                    Sub = sub,
                    Box = box,
                }
            )
            .Text;
    }

    private static bool IsOf(SetupOptions place, string text, string issuer, string sub, PersonIdentifier number, EncryptionKey recipient)
    {
        try
        {
            var trust = new TrustStore(place.Path("keys", "public", "statements.jsonl"), place.Path("keys", "public", "root.fingerprint"));
            var says = trust.Verify<SealedId>(text).Payload;
            return says.Issuer == issuer
                && says.Sub == sub
                && PersonIdentifier.TryParse(Crypt4GhFile.Open(says.BoxBytes(), recipient), out var sealedNumber)
                && sealedNumber == number;
        }
        catch (Exception exception) when (exception is DocumentRefusedException or ProtocolException)
        {
            return false;
        }
    }

    private static Dictionary<string, string> Before(SetupOptions place)
    {
        var file = Realm.RealmFile(place);
        return File.Exists(file)
            ? JsonNode.Parse(File.ReadAllText(file))!["users"]!
                .AsArray()
                .Where(user => user!["attributes"]?[Attribute] is JsonArray { Count: 1 })
                .ToDictionary(user => (string)user!["username"]!, user => (string)user!["attributes"]![Attribute]![0]!)
            : [];
    }
}
