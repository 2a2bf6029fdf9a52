using HealthDataNode.Protocol.Documents;

namespace HealthDataNode.Protocol.Trust;

/// <summary>The keys that the node's root has stated, and the verification of every document against them.
/// Thread-safe. The file is read again when it has changed, and once more when a key is not found.</summary>
public sealed class TrustStore
{
    private static readonly TimeSpan ReadAgainAfter = TimeSpan.FromSeconds(1);
    private readonly Lock gate = new();
    private readonly string path;
    private readonly TimeProvider time;
    private readonly TrustedKey root;
    private Snapshot current;

    /// <summary>Opens the statements.</summary>
    /// <param name="statements">Path of <c>statements.jsonl</c> (<c>Trust:Statements</c>).</param>
    /// <param name="rootFingerprint">Path of <c>root.fingerprint</c> (<c>Trust:Root</c>); <c>root.jwk</c> lies
    /// beside it and is believed only if it has that fingerprint.</param>
    /// <param name="time">The clock that dates are compared with.</param>
    /// <exception cref="InvalidDataException">The root's files are missing or do not fit each other.</exception>
    public TrustStore(string statements, string rootFingerprint, TimeProvider? time = null)
    {
        path = statements;
        this.time = time ?? TimeProvider.System;
        root = RootFiles.Read(rootFingerprint);
        current = Load();
    }

    /// <summary>The root's fingerprint, which a party is given by hand.</summary>
    public string RootFingerprint => root.Thumbprint;

    /// <summary>How many lines of the file were not believed: no statement, not by the root, or a second key
    /// under a name that has one.</summary>
    public int RefusedLines => Fresh().Refused;

    /// <summary>Verifies a document: form, type, key, signature, content, use, party and dates of the key.</summary>
    /// <typeparam name="T">The kind of document.</typeparam>
    /// <param name="text">The compact JWS.</param>
    /// <param name="party">The party that it must come from. Required where the kind does not say so itself
    /// (closing, receipt); where it does, both must hold.</param>
    /// <exception cref="DocumentRefusedException">It is refused, with the reason.</exception>
    public SignedDocument<T> Verify<T>(string text, string? party = null)
        where T : class, IDocument<T>
    {
        var jws = DocumentReader.Read<T>(text);
        var key = Find(jws.Kid);
        if (key?.Verifier is null)
        {
            throw new DocumentRefusedException(Refusal.UnknownKey, "The root has stated no signing key of this name.");
        }

        var document = DocumentReader.Open<T>(jws, key.Verifier);
        if (document.Payload.Use != (key == root ? KeyUses.Root : key.Statement.Use))
        {
            throw new DocumentRefusedException(Refusal.WrongUse, $"This key may not sign a {T.Typ} of this kind.");
        }

        CheckParty(document, key == root ? KeyUses.Root : key.Statement.Party, party);
        if (key != root && !key.IsInForce(time.GetUtcNow()))
        {
            throw new DocumentRefusedException(Refusal.KeyNotInForce, "The key's statement is not in force now.");
        }

        return document;
    }

    /// <summary>The newest X25519 public key of a party that is in force; null where there is none.</summary>
    /// <param name="party">The party.</param>
    public byte[]? EncryptionKeyOf(string party) => NewestOf(party, KeyUses.Encryption)?.Statement.Key.ToX25519();

    /// <summary>The key of a party and use with the highest sequence that is in force; null where there is none.</summary>
    /// <param name="party">The party.</param>
    /// <param name="use">The use.</param>
    public TrustedKey? NewestOf(string party, string use)
    {
        var now = time.GetUtcNow();
        return Fresh()
            .Keys.Values.Where(k => k.Statement.Party == party && k.Statement.Use == use && k.IsInForce(now))
            .MaxBy(k => k.Statement.Sequence);
    }

    /// <summary>Whether a key is the one that a permit pins, or follows from it by endorsements without a gap.</summary>
    /// <param name="kid">The key that signed.</param>
    /// <param name="pin">What the permit pins.</param>
    public bool IsPinned(string kid, PermitSpe pin)
    {
        var keys = Fresh().Keys;
        if (
            !keys.TryGetValue(kid, out var key)
            || key.Statement.Party != pin.Party
            || key.Statement.Use != KeyUses.Spe
            || key.Statement.Sequence < pin.Sequence
            || keys.GetValueOrDefault(KeyStatement.KidOf(pin.Party, pin.Sequence, KeyUses.Spe))?.Thumbprint != pin.Key
        )
        {
            return false;
        }

        return Enumerable
            .Range(pin.Sequence + 1, key.Statement.Sequence - pin.Sequence)
            .All(s => keys.GetValueOrDefault(KeyStatement.KidOf(pin.Party, s, KeyUses.Spe))?.IsEndorsed == true);
    }

    /// <summary>Every key of a party and use, in force or not.</summary>
    internal IReadOnlyList<TrustedKey> AllOf(string party, string use) =>
        [.. Fresh().Keys.Values.Where(k => k.Statement.Party == party && k.Statement.Use == use)];

    internal bool Endorses(string endorsement, KeyRequest asked) => Endorsement.Holds(endorsement, asked, Fresh().Keys);

    private static KeyRequest AskedFor(KeyStatement statement) =>
        new()
        {
            Party = statement.Party,
            Use = statement.Use,
            Key = statement.Key,
            Sequence = statement.Sequence,
        };

    private static void CheckParty<T>(SignedDocument<T> document, string signer, string? expected)
        where T : class, IDocument<T>
    {
        var issuer = document.Payload.Issuer;
        if (issuer is null && expected is null)
        {
            throw new ArgumentException($"Who a {T.Typ} must come from is for the verifier to say.", nameof(expected));
        }

        if ((issuer is not null && issuer != signer) || (expected is not null && expected != signer))
        {
            throw new DocumentRefusedException(Refusal.WrongParty, $"The {T.Typ} is signed by another party than it must come from.");
        }
    }

    private TrustedKey? Find(string kid)
    {
        if (kid == KeyUses.Root)
        {
            return root;
        }

        if (Fresh().Keys.TryGetValue(kid, out var key))
        {
            return key;
        }

        lock (gate)
        {
            // A file system may give two writes the same time; but nobody can make us read it at will.
            if (time.GetUtcNow() - current.ReadAt >= ReadAgainAfter)
            {
                current = Load();
            }

            return current.Keys.GetValueOrDefault(kid);
        }
    }

    private Snapshot Fresh()
    {
        var snapshot = Volatile.Read(ref current);
        if (snapshot.Stamp == Stamp.Of(path))
        {
            return snapshot;
        }

        lock (gate)
        {
            if (current.Stamp != Stamp.Of(path))
            {
                Volatile.Write(ref current, Load());
            }

            return current;
        }
    }

    private Snapshot Load()
    {
        // The stamp is taken first: a write in between is then seen as a change the next time.
        var stamp = Stamp.Of(path);
        var keys = new Dictionary<string, TrustedKey>(StringComparer.Ordinal);
        var refused = 0;
        foreach (var line in stamp == Stamp.Missing ? [] : File.ReadLines(path))
        {
            if (line.Length > 0 && !TryAdd(keys, line))
            {
                refused++;
            }
        }

        return new Snapshot(keys, stamp, time.GetUtcNow(), refused);
    }

    private bool TryAdd(Dictionary<string, TrustedKey> keys, string text)
    {
        if (StatementLine.Read(text) is not { } line)
        {
            return false;
        }

        try
        {
            var jws = DocumentReader.Read<KeyStatement>(line.Statement);
            if (jws.Kid != KeyUses.Root)
            {
                return false;
            }

            var statement = DocumentReader.Open<KeyStatement>(jws, root.Verifier!).Payload;
            var kid = statement.Kid();

            // A name stands for one key for ever; a later line may change its dates, which is how one is ended.
            if (keys.TryGetValue(kid, out var known) && known.Thumbprint != statement.Key.Thumbprint)
            {
                return false;
            }

            keys[kid] = new TrustedKey(statement, Endorsement.Holds(line.Endorsement, AskedFor(statement), keys));
            return true;
        }
        catch (DocumentRefusedException)
        {
            return false;
        }
    }

    private sealed record Snapshot(IReadOnlyDictionary<string, TrustedKey> Keys, Stamp Stamp, DateTimeOffset ReadAt, int Refused);

    private readonly record struct Stamp(DateTime Written, long Length)
    {
        public static Stamp Missing => new(default, -1);

        public static Stamp Of(string path)
        {
            var file = new FileInfo(path);
            return file.Exists ? new Stamp(file.LastWriteTimeUtc, file.Length) : Missing;
        }
    }
}
