using System.Text.Json.Serialization.Metadata;

namespace HealthDataNode.Protocol.Documents;

/// <summary>The root says whose a key is and what for: the only origin of trust between parties.</summary>
public sealed record KeyStatement : IDocument<KeyStatement>
{
    /// <inheritdoc/>
    public static string Typ => "key-statement+jwt";

    /// <inheritdoc/>
    public static JsonTypeInfo<KeyStatement> Json => DocumentJson.Default.KeyStatement;

    /// <summary>The party, its <c>client_id</c>.</summary>
    public required string Party { get; init; }

    /// <summary>One of <see cref="KeyUses"/>.</summary>
    public required string Use { get; init; }

    /// <summary>The public key.</summary>
    public required PublicJwk Key { get; init; }

    /// <summary>From 1; the next key of the same party and use has the next number.</summary>
    public required int Sequence { get; init; }

    /// <summary>In force from, Unix seconds.</summary>
    public required long From { get; init; }

    /// <summary>In force until, exclusive, Unix seconds.</summary>
    public required long To { get; init; }

    string IDocument<KeyStatement>.Use => KeyUses.Root;

    string? IDocument<KeyStatement>.Issuer => KeyUses.Root;

    /// <summary>The name of a key.</summary>
    /// <param name="party">The party.</param>
    /// <param name="sequence">The sequence.</param>
    /// <param name="use">The use.</param>
    public static string KidOf(string party, int sequence, string use) => $"{party}:{sequence}:{use}";

    /// <summary>The <c>kid</c> by which documents name this key.</summary>
    public string Kid() => KidOf(Party, Sequence, Use);

    /// <inheritdoc/>
    public string? Fault() =>
        Rule.Broken(
            (Rule.IsParty(Party), "party is not a party id"),
            (Rule.IsOneOf(Use, KeyUses.All), "use is not a known use"),
            (Key.IsSound(), "key is neither a P-256 nor an X25519 public key"),
            (Key.IsSigning == (Use != KeyUses.Encryption), "key is not of the kind that its use asks for"),
            (Sequence >= 1, "sequence is below 1"),
            (Rule.IsTime(From) && Rule.IsTime(To) && From < To, "from and to are not in order")
        );
}

/// <summary>A party asks for a statement and proves that it holds the private key: signed by the key itself,
/// for an X25519 key (which cannot sign) by the party's signing key. Signed by the party's key before it,
/// the same payload is the <i>endorsement</i> of a new signing key.</summary>
public sealed record KeyRequest : IDocument<KeyRequest>
{
    /// <inheritdoc/>
    public static string Typ => "key-request+jwt";

    /// <inheritdoc/>
    public static JsonTypeInfo<KeyRequest> Json => DocumentJson.Default.KeyRequest;

    /// <summary>The party, its <c>client_id</c>.</summary>
    public required string Party { get; init; }

    /// <summary>One of <see cref="KeyUses"/>.</summary>
    public required string Use { get; init; }

    /// <summary>The public key.</summary>
    public required PublicJwk Key { get; init; }

    /// <summary>From 1.</summary>
    public required int Sequence { get; init; }

    // Only the root reads requests, by the key inside: no statement makes one valid.
    string IDocument<KeyRequest>.Use => "";

    string? IDocument<KeyRequest>.Issuer => Party;

    /// <inheritdoc/>
    public string? Fault() =>
        Rule.Broken(
            (Rule.IsParty(Party), "party is not a party id"),
            (Rule.IsOneOf(Use, KeyUses.All), "use is not a known use"),
            (Key.IsSound(), "key is neither a P-256 nor an X25519 public key"),
            (Key.IsSigning == (Use != KeyUses.Encryption), "key is not of the kind that its use asks for"),
            (Sequence >= 1, "sequence is below 1")
        );
}
