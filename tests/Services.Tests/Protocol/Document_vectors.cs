using System.Text.Json;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using Microsoft.Extensions.Time.Testing;

namespace HealthDataNode.Services.Tests.Protocol;

/// <summary>tests/vectors/documents.json, made by another implementation (make_documents.py).</summary>
public sealed class Document_vectors : IDisposable
{
    private static readonly JsonElement File = Vectors.Json("documents.json");
    private readonly string folder = Directory.CreateTempSubdirectory("vectors-").FullName;
    private readonly TrustStore trust;
    private readonly OrderAndPermit verifier;

    public Document_vectors()
    {
        var root = File.GetProperty("root");
        var statements = Path.Combine(folder, "statements.jsonl");
        var fingerprint = Path.Combine(folder, "root.fingerprint");
        System.IO.File.WriteAllText(Path.Combine(folder, "root.jwk"), root.GetProperty("jwk").GetRawText());
        System.IO.File.WriteAllText(fingerprint, root.Text("fingerprint") + "\n");
        System.IO.File.WriteAllLines(statements, File.List("statements").Select(l => JsonSerializer.Serialize(l)));
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(File.GetProperty("now").GetInt64()));
        trust = new TrustStore(statements, fingerprint, time);
        verifier = new OrderAndPermit(trust, time);
    }

    public static TheoryData<string> Accepted => [.. File.List("accepted").Select(v => v.Text("name"))];

    public static TheoryData<string> Refused => [.. File.List("refused").Select(v => v.Text("name"))];

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [MemberData(nameof(Accepted))]
    public void Are_accepted_with_their_digest_and_payload(string name)
    {
        var vector = File.List("accepted").Single(v => v.Text("name") == name);
        var (digest, payload) = Verify(vector);

        Assert.Equal(vector.Text("digest"), digest);
        Assert.True(JsonElement.DeepEquals(vector.GetProperty("payload"), payload), payload.GetRawText());
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void Are_refused_for_their_reason(string name)
    {
        var vector = File.List("refused").Single(v => v.Text("name") == name);

        Assert.Equal(vector.Text("refusal"), DocumentWorld.RefusalOf(() => Verify(vector)).ToString());
    }

    [Fact]
    public void Belong_together()
    {
        var order = verifier.Verify(TextOf("order"), TextOf("permit"));
        var manifest = verifier.VerifyManifest(TextOf("manifest"), order, trust.Verify<Seal>(TextOf("delivery key")));
        verifier.VerifyReceipt(TextOf("receipt"), order, manifest);
        verifier.VerifyRelease(TextOf("release"), order.Permit.Payload);
        verifier.VerifyClosing(TextOf("closing"), order);
        verifier.VerifySpeKey(TextOf("spe key"), order.Permit.Payload);
        verifier.VerifyDeletion(TextOf("deletion"), order.Permit.Payload);
        verifier.VerifySpeKey(TextOf("spe key by the endorsed next key"), order.Permit.Payload);
        Assert.Equal(trust.Verify<Seal>(TextOf("identifiers")).Digest, trust.Verify<Seal>(TextOf("tokens")).Payload.Answers);
    }

    [Fact]
    public void Have_their_keys_thumbprints_and_newest_encryption_key()
    {
        Assert.Equal(0, trust.RefusedLines);
        Assert.All(
            File.List("keys"),
            k => Assert.Equal(k.Text("thumbprint"), k.GetProperty("jwk").Deserialize<PublicJwk>(JsonSerializerOptions.Web)!.Thumbprint)
        );
        Assert.All(File.List("encryptionKeys"), k => Assert.Equal(k.Hex("newest"), trust.EncryptionKeyOf(k.Text("party"))));
    }

    private static string TextOf(string name) => File.List("accepted").Single(v => v.Text("name") == name).Text("text");

    private (string Digest, JsonElement Payload) Verify(JsonElement vector)
    {
        var text = vector.Text("text");
        var party = vector.GetProperty("party").GetString();
        return vector.Text("typ") switch
        {
            "key-statement+jwt" => Verify<KeyStatement>(text, party),
            "permit+jwt" => Verify<PermitDocument>(text, party),
            "order+jwt" => Verify<OrderDocument>(text, party),
            "seal+jwt" => Verify<Seal>(text, party),
            "closing+jwt" => Verify<Closing>(text, party),
            "manifest+jwt" => Verify<Manifest>(text, party),
            "spe-key+jwt" => Verify<SpeKey>(text, party),
            "receipt+jwt" => Verify<Receipt>(text, party),
            "release+jwt" => Verify<Release>(text, party),
            "permit-state+jwt" => Verify<PermitState>(text, party),
            "access+jwt" => Verify<AccessAnswer>(text, party),
            "spe-state+jwt" => Verify<SpeState>(text, party),
            "deletion+jwt" => Verify<Deletion>(text, party),
            "shred+jwt" => Verify<Shredding>(text, party),
            "sealed-id+jwt" => Verify<SealedId>(text, party),
            var other => throw new InvalidOperationException(other),
        };
    }

    private (string Digest, JsonElement Payload) Verify<T>(string text, string? party)
        where T : class, IDocument<T>
    {
        var document = trust.Verify<T>(text, party);
        return (document.Digest, JsonSerializer.SerializeToElement(document.Payload, T.Json));
    }
}
