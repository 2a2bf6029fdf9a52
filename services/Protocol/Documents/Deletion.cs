using System.Text.Json.Serialization.Metadata;

namespace HealthDataNode.Protocol.Documents;

/// <summary>An SPE says that it has deleted everything of a lineage: rows, results and the room itself
/// (EHDS Article 73(1)(a)). Only Pseudonymisation acts on it, and only where the lineage has ended.</summary>
public sealed record Deletion : IDocument<Deletion>
{
    /// <inheritdoc/>
    public static string Typ => "deletion+jwt";

    /// <inheritdoc/>
    public static JsonTypeInfo<Deletion> Json => DocumentJson.Default.Deletion;

    /// <summary>The lineage, which names the room too.</summary>
    public required string Lineage { get; init; }

    /// <summary>Digest of the newest version of the permit that the SPE held.</summary>
    public required string Permit { get; init; }

    /// <summary>The SPE's party id.</summary>
    public required string Spe { get; init; }

    /// <summary>The sources whose rows were there; none where nothing had been delivered.</summary>
    public required IReadOnlyList<string> Sources { get; init; }

    /// <summary>Deleted at, Unix seconds.</summary>
    public required long At { get; init; }

    string IDocument<Deletion>.Use => KeyUses.Spe;

    string? IDocument<Deletion>.Issuer => Spe;

    /// <inheritdoc/>
    public string? Fault() =>
        Rule.Broken(
            (Rule.IsId(Lineage), "lineage is not an id"),
            (Rule.IsDigest(Permit), "permit is not a digest"),
            (Rule.IsParty(Spe), "spe is not a party id"),
            (Sources.All(Rule.IsName), "a source is not a name"),
            (Rule.AreUnique(Sources), "sources names a source twice"),
            (Rule.IsTime(At), "at is out of range")
        );
}

/// <summary>Pseudonymisation says that it has deleted the permit key of a lineage, and at which places: none of its
/// pseudonyms can be made or undone again.</summary>
public sealed record Shredding : IDocument<Shredding>
{
    /// <summary>What the place of a lost mirror begins with.</summary>
    public const string LostPlace = "lost: ";

    /// <inheritdoc/>
    public static string Typ => "shred+jwt";

    /// <inheritdoc/>
    public static JsonTypeInfo<Shredding> Json => DocumentJson.Default.Shredding;

    /// <summary>The lineage.</summary>
    public required string Lineage { get; init; }

    /// <summary>Deleted at, Unix seconds.</summary>
    public required long At { get; init; }

    /// <summary>Every place that had the key, the store first, then its mirrors; one that was declared lost begins
    /// with <see cref="LostPlace"/>.</summary>
    public required IReadOnlyList<string> Places { get; init; }

    string IDocument<Shredding>.Use => KeyUses.Pseudonymisation;

    string? IDocument<Shredding>.Issuer => Parties.Pseudonymisation;

    /// <inheritdoc/>
    public string? Fault() =>
        Rule.Broken(
            (Rule.IsId(Lineage), "lineage is not an id"),
            (Rule.IsTime(At), "at is out of range"),
            (Places.Count > 0 && Places.All(p => Rule.IsText(p, 1000)), "places is empty or has an empty entry"),
            (Rule.AreUnique(Places), "places names a place twice")
        );
}
