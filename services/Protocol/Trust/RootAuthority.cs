using HealthDataNode.Protocol.Documents;

namespace HealthDataNode.Protocol.Trust;

/// <summary>The key ceremony: the root's private key and the statements that it signs. Only Setup (in production
/// an offline machine) opens it. Safe to repeat, and after a crash in the middle.</summary>
public sealed class RootAuthority : IDisposable
{
    private const string KeyFile = "root.pem";
    private readonly SigningKey key;
    private readonly string statements;
    private readonly TimeProvider time;

    private RootAuthority(SigningKey key, string publicDirectory, TimeProvider time)
    {
        this.key = key;
        this.time = time;
        statements = Path.Combine(publicDirectory, "statements.jsonl");
        FingerprintPath = Path.Combine(publicDirectory, RootFiles.Fingerprint);
    }

    /// <summary>Path of the file that every party is given by hand.</summary>
    public string FingerprintPath { get; }

    /// <summary>Path of the statements.</summary>
    public string StatementsPath => statements;

    /// <summary>RFC 7638 thumbprint of the root key.</summary>
    public string Fingerprint => key.Thumbprint;

    /// <summary>Opens the root, or makes it: <c>root.pem</c> (0600), <c>root.jwk</c>, <c>root.fingerprint</c>
    /// and <c>statements.jsonl</c>.</summary>
    /// <param name="rootDirectory">Where the private key lies (keys/root).</param>
    /// <param name="publicDirectory">Where the public files lie (keys/public).</param>
    /// <param name="time">The clock.</param>
    public static RootAuthority OpenOrCreate(string rootDirectory, string publicDirectory, TimeProvider? time = null)
    {
        var key = SigningKey.LoadOrCreate(Path.Combine(rootDirectory, KeyFile));
        RootFiles.Write(publicDirectory, key.PublicKey);
        var authority = new RootAuthority(key, publicDirectory, time ?? TimeProvider.System);
        if (!File.Exists(authority.statements))
        {
            PrivateFile.WritePublic(authority.statements, "");
        }

        return authority;
    }

    /// <summary>Signs a statement for a request, and adds it to the file. The same request again gives the
    /// statement that is there, while it is in force.</summary>
    /// <param name="request">A key-request JWS with proof of possession.</param>
    /// <param name="from">In force from.</param>
    /// <param name="to">In force until, exclusive.</param>
    /// <param name="endorsement">For a signing key after the first: <see cref="KeyRequests.Endorse"/>. Without it
    /// the key is stated, but permits that pin the one before do not reach it and must be amended.</param>
    /// <exception cref="DocumentRefusedException">The request proves nothing, or does not follow on.</exception>
    public SignedDocument<KeyStatement> State(string request, DateTimeOffset from, DateTimeOffset to, string? endorsement = null)
    {
        var trust = new TrustStore(statements, FingerprintPath, time);
        var asked = Proven(request, trust);
        var lines = File.ReadAllLines(statements).Where(l => l.Length > 0).ToList();
        if (Existing(lines, asked) is { } existing)
        {
            return existing;
        }

        CheckSequence(asked, trust);
        CheckEndorsement(asked, trust, endorsement);
        var statement = key.Sign(
            new KeyStatement
            {
                Party = asked.Party,
                Use = asked.Use,
                Key = asked.Key,
                Sequence = asked.Sequence,
                From = from.ToUnixTimeSeconds(),
                To = to.ToUnixTimeSeconds(),
            },
            KeyUses.Root
        );
        lines.Add(new StatementLine(statement.Text, endorsement).Write());
        PrivateFile.WritePublic(statements, string.Join('\n', lines) + "\n");
        return statement;
    }

    /// <summary>Never the key.</summary>
    public override string ToString() => "***";

    /// <inheritdoc/>
    public void Dispose() => key.Dispose();

    // A name is never given to a second key; the same key may be stated again, with other dates.
    private static void CheckSequence(KeyRequest asked, TrustStore trust)
    {
        var known = trust.AllOf(asked.Party, asked.Use);
        var next = known.Select(k => k.Statement.Sequence).DefaultIfEmpty(0).Max() + 1;
        var isRenewal = known.Any(k => k.Statement.Sequence == asked.Sequence && k.Thumbprint == asked.Key.Thumbprint);
        if (asked.Sequence != next && !isRenewal)
        {
            throw new DocumentRefusedException(Refusal.Invalid, $"The next key of {asked.Party} for {asked.Use} has sequence {next}.");
        }
    }

    private static void CheckEndorsement(KeyRequest asked, TrustStore trust, string? endorsement)
    {
        if (endorsement is not null && !trust.Endorses(endorsement, asked))
        {
            throw new DocumentRefusedException(Refusal.Signature, "The endorsement is not of this key by the key before it.");
        }
    }

    private static KeyRequest Proven(string text, TrustStore trust)
    {
        var jws = DocumentReader.Read<KeyRequest>(text);
        var asked = DocumentReader.Payload<KeyRequest>(jws);
        if (asked.Key.IsSigning)
        {
            using var own = asked.Key.ToEcdsa();
            return jws.Kid == KeyStatement.KidOf(asked.Party, asked.Sequence, asked.Use)
                ? DocumentReader.Open<KeyRequest>(jws, own).Payload
                : throw new DocumentRefusedException(Refusal.UnknownKey, "The request's kid is not the key's own name.");
        }

        // X25519 cannot sign: the party answers for it with the newest of a signing key that the root has stated.
        var signer = KeyUses
            .All.Select(use => trust.NewestOf(asked.Party, use))
            .FirstOrDefault(k => k?.Statement.Kid() == jws.Kid && k.Verifier is not null);
        return signer is null
            ? throw new DocumentRefusedException(
                Refusal.UnknownKey,
                "The request for an encryption key is not signed by a signing key of the party."
            )
            : DocumentReader.Open<KeyRequest>(jws, signer.Verifier!).Payload;
    }

    private SignedDocument<KeyStatement>? Existing(List<string> lines, KeyRequest asked)
    {
        using var own = key.PublicKey.ToEcdsa();
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        return lines
            .Select(StatementLine.Read)
            .Where(l => l is not null)
            .Select(l => DocumentReader.Open<KeyStatement>(DocumentReader.Read<KeyStatement>(l!.Statement), own))
            .LastOrDefault(s =>
                s.Payload.Kid() == KeyStatement.KidOf(asked.Party, asked.Sequence, asked.Use)
                && s.Payload.Key.Thumbprint == asked.Key.Thumbprint
                && now < s.Payload.To
            );
    }
}
