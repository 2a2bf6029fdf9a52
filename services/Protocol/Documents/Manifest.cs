using System.Text.Json.Serialization.Metadata;

namespace HealthDataNode.Protocol.Documents;

/// <summary>Gateway says what it delivers to an SPE for one order.</summary>
public sealed record Manifest : IDocument<Manifest>
{
    /// <inheritdoc/>
    public static string Typ => "manifest+jwt";

    /// <inheritdoc/>
    public static JsonTypeInfo<Manifest> Json => DocumentJson.Default.Manifest;

    /// <summary>Digest of the order.</summary>
    public required string Order { get; init; }

    /// <summary>Digest of the permit.</summary>
    public required string Permit { get; init; }

    /// <summary>The permit's lineage.</summary>
    public required string Lineage { get; init; }

    /// <summary>The source.</summary>
    public required string Source { get; init; }

    /// <summary>The SPE's party id.</summary>
    public required string Spe { get; init; }

    /// <summary>Sequence of the SPE's encryption key that the parts are sealed to.</summary>
    public required int SpeKeySequence { get; init; }

    /// <summary>The permit's columns in its order; <c>pseudonym</c>, which comes first, is not named.</summary>
    public required IReadOnlyList<string> Columns { get; init; }

    /// <summary>What was changed in the rows beside the re-keying; empty where nothing was.</summary>
    public required IReadOnlyList<string> Transformations { get; init; }

    /// <summary>Every part of type delivery, 1 and up without gaps.</summary>
    public required IReadOnlyList<ManifestPart> Parts { get; init; }

    /// <summary>Rows over all parts.</summary>
    public required long Rows { get; init; }

    /// <summary>Digest of the seal of the delivery key.</summary>
    public required string DeliveryKey { get; init; }

    string IDocument<Manifest>.Use => KeyUses.Gateway;

    string? IDocument<Manifest>.Issuer => Parties.Gateway;

    /// <inheritdoc/>
    public string? Fault() =>
        Rule.Broken(
            (Rule.IsDigest(Order) && Rule.IsDigest(Permit), "order or permit is not a digest"),
            (Rule.IsId(Lineage), "lineage is not an id"),
            (Rule.IsName(Source), "source is not a name"),
            (Rule.IsParty(Spe) && SpeKeySequence >= 1, "spe or speKeySequence is not valid"),
            (Columns.Count > 0 && Columns.All(Rule.IsName), "a column's name is not allowed"),
            (Rule.AreUnique(Columns), "columns names a column twice"),
            (Transformations.All(t => Rule.IsText(t, 400)), "transformations has an entry that is empty or too long"),
            (Parts.Select((p, i) => p?.Part == i + 1).All(inOrder => inOrder), "parts are not 1, 2, 3 and on"),
            (Parts.All(p => p is not null && p.IsSound()), "a part is not sound"),
            (Rows == Rule.Total(Parts.Select(p => p?.Rows ?? 0)), "rows is not the sum over the parts"),
            (Rule.IsDigest(DeliveryKey), "deliveryKey is not a digest")
        );
}

/// <summary>One part of a manifest.</summary>
/// <param name="Part">Its number.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="Length">Bytes of its Crypt4GH file.</param>
/// <param name="Sha256">SHA-256 of its Crypt4GH file, lower-case hex.</param>
public sealed record ManifestPart(int Part, long Rows, long Length, string Sha256)
{
    internal bool IsSound() => Rows >= 0 && Length is >= 1 and <= Seal.MaximumLength && Rule.IsDigest(Sha256);
}
