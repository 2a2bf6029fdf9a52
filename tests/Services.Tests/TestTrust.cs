using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;

namespace HealthDataNode.Services.Tests;

/// <summary>A root of trust of its own in a temporary directory, laid out as Setup does it under DIR/keys.</summary>
internal sealed class TestTrust : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("hdn-trust-").FullName;
    private readonly RootAuthority root;
    private readonly TimeProvider time;

    public TestTrust(TimeProvider? time = null)
    {
        this.time = time ?? TimeProvider.System;
        root = RootAuthority.OpenOrCreate(Path.Combine(directory, "root"), Path.Combine(directory, "public"), this.time);
    }

    /// <summary>What every service is told: <c>Trust:Statements</c> and <c>Trust:Root</c>.</summary>
    public Dictionary<string, string> Settings =>
        new() { ["Trust:Statements"] = root.StatementsPath, ["Trust:Root"] = root.FingerprintPath };

    /// <summary>A verifier.</summary>
    public TrustStore Store() => new(root.StatementsPath, root.FingerprintPath, time);

    /// <summary>A party's key directory, for <c>Party:Keys</c>.</summary>
    public string KeysOf(string party) => Path.Combine(directory, party);

    /// <summary>Has the root state a key, as it is asked for.</summary>
    public void State(SignedDocument<KeyRequest> asked)
    {
        var now = time.GetUtcNow();
        root.State(asked.Text, now.AddDays(-1), now.AddYears(20));
    }

    /// <summary>Makes a party's first signing key and has the root state it.</summary>
    public DocumentSigner Enrol(string party, string use)
    {
        using var key = SigningKey.LoadOrCreate(DocumentSigner.PathOf(KeysOf(party), 1));
        var now = time.GetUtcNow();
        root.State(KeyRequests.ForSigning(key, party, use).Text, now.AddDays(-1), now.AddYears(20));
        return DocumentSigner.Load(KeysOf(party), party, use);
    }

    /// <summary>Makes a party's next signing key, endorsed by the one before it, whose own statement ends now.</summary>
    public DocumentSigner Replace(DocumentSigner before, string use)
    {
        var (party, next, now) = (before.Party, before.Sequence + 1, time.GetUtcNow());
        using var key = SigningKey.LoadOrCreate(DocumentSigner.PathOf(KeysOf(party), next));
        root.State(
            KeyRequests.ForSigning(key, party, use, next).Text,
            now.AddDays(-1),
            now.AddYears(20),
            KeyRequests.Endorse(key.PublicKey, use, before).Text
        );
        using var rootKey = SigningKey.Load(Path.Combine(directory, "root", "root.pem"));
        var ended = new KeyStatement
        {
            Party = party,
            Use = use,
            Key = before.PublicKey,
            Sequence = before.Sequence,
            From = now.AddDays(-1).ToUnixTimeSeconds(),
            To = now.ToUnixTimeSeconds(),
        };
        File.AppendAllText(root.StatementsPath, $$"""{"statement":"{{rootKey.Sign(ended, KeyUses.Root).Text}}"}""" + "\n");
        return DocumentSigner.Load(KeysOf(party), party, use);
    }

    /// <summary>Makes a party's encryption key beside its signing key, and has the root state it.</summary>
    public EncryptionKey EnrolEncryption(DocumentSigner party)
    {
        var key = EncryptionKey.Generate();
        PrivateFile.Write(Path.Combine(KeysOf(party.Party), "encryption-1.key"), key.ToBase64());
        var now = time.GetUtcNow();
        root.State(KeyRequests.ForEncryption(key.PublicKey, party).Text, now.AddDays(-1), now.AddYears(20));
        return key;
    }

    public void Dispose()
    {
        root.Dispose();
        Directory.Delete(directory, recursive: true);
    }
}
