using System.Text;
using System.Text.Json.Nodes;
using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Services.Tests.Pseudonymisation;
using HealthDataNode.Setup;

namespace HealthDataNode.Services.Tests.Setup;

public sealed class Enrolling_citizens : IDisposable
{
    private const string Sub = "0b6c1c7e-5d0c-4c37-9b7a-6c1f0e8a9d11";
    private static readonly string Number = PseudonymisationWorld.People(1, seed: 41)[0];
    private readonly string directory = Directory.CreateTempSubdirectory("hdn-citizens-").FullName;
    private readonly SetupOptions place;

    public Enrolling_citizens()
    {
        place = new SetupOptions("", "", directory, "https://localhost:7001/", "", "", Path.Combine(directory, "citizens.json"));
        KeyCeremony.Hold(place);
        Declare(new JsonObject { ["anna.citizen"] = new JsonObject { ["number"] = Number } });
    }

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    [Trait("Requirement", "OPT-011")]
    public void Seals_each_number_to_Pseudonymisation_for_that_issuer_and_sub_alone()
    {
        var realm = Enrolled();
        var trust = new TrustStore(place.Path("keys", "public", "statements.jsonl"), place.Path("keys", "public", "root.fingerprint"));
        var document = trust.Verify<SealedId>(SealedIdOf(realm)!);
        Assert.Equal("setup:1:enrolment", document.Kid);
        Assert.Equal(("https://localhost:7001/realms/health-data-node", Sub), (document.Payload.Issuer, document.Payload.Sub));
        using var key = EncryptionKey.FromFile(place.Path("keys", "pseudonymisation", "encryption-1.key"));
        Assert.Equal(Number, Encoding.ASCII.GetString(Crypt4GhFile.Open(document.Payload.BoxBytes(), key)));
        Assert.DoesNotContain(Number, realm.ToJsonString(), StringComparison.Ordinal);
        Assert.Null(realm["users"]![1]!["attributes"]?["sealed_id"]);
    }

    [Fact]
    public void Gives_the_same_again_and_another_for_another_number()
    {
        var first = Written(Enrolled());
        Assert.Equal(first, Written(Enrolled()));
        Declare(new JsonObject { ["anna.citizen"] = new JsonObject { ["number"] = PseudonymisationWorld.People(2, seed: 41)[1] } });
        Assert.NotEqual(first, Written(Enrolled()));
    }

    [Fact]
    public void Enrols_nobody_where_no_file_is_named()
    {
        var realm = Realm();
        Citizens.Enrol(place with { Citizens = null }, realm);
        Assert.Null(SealedIdOf(realm));
    }

    [Fact]
    public void Says_what_is_wrong_without_the_number()
    {
        var spoilt = PseudonymisationWorld.Spoilt(Number);
        Declare(new JsonObject { ["anna.citizen"] = new JsonObject { ["number"] = spoilt } });
        Assert.DoesNotContain(spoilt, Assert.Throws<SetupException>(() => Enrolled()).Message, StringComparison.Ordinal);
        Declare(new JsonObject { ["nobody"] = new JsonObject { ["number"] = Number } });
        Assert.Contains("no user nobody", Assert.Throws<SetupException>(() => Enrolled()).Message, StringComparison.Ordinal);
        File.Delete(place.Citizens!);
        Assert.Contains("is missing", Assert.Throws<SetupException>(() => Enrolled()).Message, StringComparison.Ordinal);
    }

    private void Declare(JsonObject citizens) => File.WriteAllText(place.Citizens!, citizens.ToJsonString());

    private JsonObject Enrolled()
    {
        var realm = Realm();
        Citizens.Enrol(place, realm);
        return realm;
    }

    // As Setup leaves it for its next run.
    private string Written(JsonObject realm)
    {
        PrivateFile.Write(HealthDataNode.Setup.Realm.RealmFile(place), realm.ToJsonString());
        return SealedIdOf(realm)!;
    }

    private static string? SealedIdOf(JsonObject realm) => (string?)realm["users"]![0]!["attributes"]?["sealed_id"]?[0];

    private static JsonObject Realm() =>
        new()
        {
            ["realm"] = "health-data-node",
            ["users"] = new JsonArray(
                new JsonObject { ["id"] = Sub, ["username"] = "anna.citizen" },
                new JsonObject { ["id"] = "other", ["username"] = "kari.editor" }
            ),
        };
}
