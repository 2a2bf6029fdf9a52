using System.Text.Json.Serialization.Metadata;

namespace HealthDataNode.Protocol.Documents;

/// <summary>An SPE's encryption key, signed by the signing key that permits pin.</summary>
public sealed record SpeKey : IDocument<SpeKey>
{
    /// <inheritdoc/>
    public static string Typ => "spe-key+jwt";

    /// <inheritdoc/>
    public static JsonTypeInfo<SpeKey> Json => DocumentJson.Default.SpeKey;

    /// <summary>The SPE's party id.</summary>
    public required string Party { get; init; }

    /// <summary>X25519 public key, 32 bytes in base64url.</summary>
    public required string Key { get; init; }

    /// <summary>From 1.</summary>
    public required int Sequence { get; init; }

    /// <summary>In force from, Unix seconds.</summary>
    public required long From { get; init; }

    /// <summary>In force until, exclusive, Unix seconds.</summary>
    public required long To { get; init; }

    string IDocument<SpeKey>.Use => KeyUses.Spe;

    string? IDocument<SpeKey>.Issuer => Party;

    /// <summary>The key's 32 bytes.</summary>
    public byte[] KeyBytes() => Base64UrlText.Decode(Key);

    /// <summary>Whether the key is inside its dates.</summary>
    /// <param name="at">The moment.</param>
    public bool IsInForce(DateTimeOffset at) => From <= at.ToUnixTimeSeconds() && at.ToUnixTimeSeconds() < To;

    /// <inheritdoc/>
    public string? Fault() =>
        Rule.Broken(
            (Rule.IsParty(Party), "party is not a party id"),
            (Rule.Is32Bytes(Key), "key is not 32 bytes in base64url"),
            (Sequence >= 1, "sequence is below 1"),
            (Rule.IsTime(From) && Rule.IsTime(To) && From < To, "from and to are not in order")
        );
}

/// <summary>An SPE says that it wrote the rows of a manifest to a workspace and destroyed the delivery key.</summary>
public sealed record Receipt : IDocument<Receipt>
{
    /// <inheritdoc/>
    public static string Typ => "receipt+jwt";

    /// <inheritdoc/>
    public static JsonTypeInfo<Receipt> Json => DocumentJson.Default.Receipt;

    /// <summary>Digest of the manifest.</summary>
    public required string Manifest { get; init; }

    /// <summary>Digest of the order.</summary>
    public required string Order { get; init; }

    /// <summary>Rows written.</summary>
    public required long Rows { get; init; }

    /// <summary>Distinct permit pseudonyms written.</summary>
    public required long Persons { get; init; }

    /// <summary>The workspace, named by the lineage.</summary>
    public required string Workspace { get; init; }

    /// <summary>Written at, Unix seconds.</summary>
    public required long At { get; init; }

    string IDocument<Receipt>.Use => KeyUses.Spe;

    // The SPE stands in the permit: the verifier names it.
    string? IDocument<Receipt>.Issuer => null;

    /// <inheritdoc/>
    public string? Fault() =>
        Rule.Broken(
            (Rule.IsDigest(Manifest) && Rule.IsDigest(Order), "manifest or order is not a digest"),
            (Rows >= 0 && Persons >= 0 && Persons <= Rows, "rows or persons is out of range"),
            (Rule.IsId(Workspace), "workspace is not an id"),
            (Rule.IsTime(At), "at is out of range")
        );
}
