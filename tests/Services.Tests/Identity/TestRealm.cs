using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace HealthDataNode.Services.Tests.Identity;

/// <summary>The committed realm file, filled as Setup fills it, with keys and passwords of its own.</summary>
public sealed partial class TestRealm
{
    private readonly Dictionary<string, ECDsa> keys = [];
    private readonly Dictionary<string, string> values = new()
    {
        ["EDGE_URL"] = "https://localhost:1",
        ["DOOR_URL"] = "https://localhost:2",
    };

    public TestRealm(string? edge = null, string? door = null)
    {
        values["EDGE_URL"] = edge ?? values["EDGE_URL"];
        values["DOOR_URL"] = door ?? values["DOOR_URL"];
        var template = File.ReadAllText(Path.Combine(PostgresFixture.Repository, "AppHost/realms/health-data-node.json"));
        var realm = JsonNode.Parse(Placeholder().Replace(template, match => ValueOf(match.Groups[1].Value)))!;
        realm["users"]!.AsArray().Single(user => (string?)user!["username"] == "anna.citizen")!["attributes"] = new JsonObject
        {
            ["sealed_id"] = new JsonArray(SealedIdOfAnna),
        };
        Json = realm.ToJsonString();
    }

    /// <summary>Stands for what Setup seals.</summary>
    public const string SealedIdOfAnna = "header.payload.signature";

    public string Json { get; }

    public ECDsa KeyOf(string client) => keys[client];

    public string PasswordOf(string username) => values["PASSWORD_" + username.ToUpperInvariant().Replace('.', '_')];

    [GeneratedRegex(@"\$\{([^}]*)\}")]
    private static partial Regex Placeholder();

    private string ValueOf(string name)
    {
        if (!values.TryGetValue(name, out var value))
        {
            value = name.StartsWith("CERT_", StringComparison.Ordinal)
                ? Certificate(name["CERT_".Length..].ToLowerInvariant())
                : Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));
            values[name] = value;
        }

        return value;
    }

    private string Certificate(string client)
    {
        keys[client] = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={client}", keys[client], HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
        return Convert.ToBase64String(certificate.RawData);
    }
}
