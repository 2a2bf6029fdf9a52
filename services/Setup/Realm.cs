using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using HealthDataNode.Protocol.Trust;

namespace HealthDataNode.Setup;

/// <summary>
/// Fills the placeholders of the realm file (addresses, machine clients' certificates, development passwords) and
/// writes who the people of the journey are, with their passwords, to DIR/people.json.
/// </summary>
internal static partial class Realm
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>The realm as the issuer reads it.</summary>
    public static string RealmFile(SetupOptions place) => place.Path("realm", "health-data-node.json");

    public static void Fill(SetupOptions place)
    {
        var people = People(place);
        var text = Placeholder().Replace(Schemas.Read("realm/health-data-node.json"), match => Value(place, people, match.Groups[1].Value));
        var realm = JsonNode.Parse(text)!.AsObject();
        Citizens.Enrol(place, realm);
        PrivateFile.Write(RealmFile(place), realm.ToJsonString(Indented));
        PrivateFile.Write(place.Path("people.json"), Named(realm, people).ToJsonString(Indented));
    }

    private static string Value(SetupOptions place, Dictionary<string, string> people, string name)
    {
        if (name.StartsWith("CERT_", StringComparison.Ordinal))
        {
            return ClientCertificate(place, name["CERT_".Length..].ToLowerInvariant());
        }
        if (name.StartsWith("PASSWORD_", StringComparison.Ordinal))
        {
            var person = name["PASSWORD_".Length..].ToLowerInvariant().Replace('_', '.');
            if (!people.TryGetValue(person, out var password))
            {
                people[person] = password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));
            }
            return password;
        }
        return name switch
        {
            "EDGE_URL" => place.Edge.TrimEnd('/'),
            "DOOR_URL" => place.Door.TrimEnd('/'),
            "ISSUER_URL" => place.Issuer.TrimEnd('/'),
            _ => throw new SetupException($"The realm file has a placeholder ${{{name}}} that Setup does not know."),
        };
    }

    /// <summary>The key with which a machine client proves who it is (private_key_jwt), and its self-signed certificate.</summary>
    private static string ClientCertificate(SetupOptions place, string party)
    {
        var keyFile = place.Path("keys", party, "client.pem");
        var certificateFile = place.Path("keys", party, "client.crt.pem");
        if (!File.Exists(keyFile) || !File.Exists(certificateFile))
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN={party}", key, HashAlgorithmName.SHA256);
            var now = DateTimeOffset.UtcNow;
            using var made = request.CreateSelfSigned(now.AddHours(-1), now.AddYears(5));
            PrivateFile.Write(certificateFile, made.ExportCertificatePem());
            PrivateFile.Write(keyFile, key.ExportPkcs8PrivateKeyPem());
        }
        using var certificate = X509Certificate2.CreateFromPem(File.ReadAllText(certificateFile));
        return Convert.ToBase64String(certificate.RawData);
    }

    private static Dictionary<string, string> People(SetupOptions place)
    {
        var file = place.Path("people.json");
        return File.Exists(file)
            ? JsonNode
                .Parse(File.ReadAllText(file))!
                .AsObject()
                .ToDictionary(person => person.Key, person => (string)person.Value!["password"]!)
            : [];
    }

    private static JsonObject Named(JsonNode realm, Dictionary<string, string> passwords)
    {
        var people = new JsonObject();
        foreach (var user in realm["users"]!.AsArray())
        {
            var name = (string)user!["username"]!;
            if (passwords.TryGetValue(name, out var password))
            {
                people[name] = new JsonObject { ["password"] = password, ["sub"] = (string)user["id"]! };
            }
        }
        return people;
    }

    [GeneratedRegex(@"\$\{([A-Z_]+)\}")]
    private static partial Regex Placeholder();
}
