using System.Text.Json.Serialization.Metadata;

namespace HealthDataNode.Protocol.Documents;

/// <summary>The holder says that its delivery is complete; nothing is re-keyed before it.</summary>
public sealed record Closing : IDocument<Closing>
{
    /// <inheritdoc/>
    public static string Typ => "closing+jwt";

    /// <inheritdoc/>
    public static JsonTypeInfo<Closing> Json => DocumentJson.Default.Closing;

    /// <summary>Digest of the order.</summary>
    public required string Order { get; init; }

    /// <summary>Every part of type rows, 1 and up without gaps; none where the extract is empty.</summary>
    public required IReadOnlyList<ClosingPart> Parts { get; init; }

    /// <summary>Rows over all parts.</summary>
    public required long Rows { get; init; }

    /// <summary>Persons over all parts.</summary>
    public required long Persons { get; init; }

    string IDocument<Closing>.Use => KeyUses.Holder;

    // The holder stands in the permit: the verifier names it.
    string? IDocument<Closing>.Issuer => null;

    /// <inheritdoc/>
    public string? Fault() =>
        Rule.Broken(
            (Rule.IsDigest(Order), "order is not a digest"),
            (Parts.All(p => p is not null), "parts has an empty entry"),
            (Parts.Select((p, i) => p?.Part == i + 1).All(inOrder => inOrder), "parts are not 1, 2, 3 and on"),
            (Parts.All(p => p?.Rows >= 0 && Rule.IsDigest(p.Sha256)), "a part has no rows count or digest"),
            (Rows == Rule.Total(Parts.Select(p => p?.Rows ?? 0)), "rows is not the sum over the parts"),
            (Persons >= 0 && Persons <= Rows, "persons is out of range")
        );
}

/// <summary>One part of a closing document.</summary>
/// <param name="Part">Its number.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="Sha256">SHA-256 of its Crypt4GH file, lower-case hex.</param>
public sealed record ClosingPart(int Part, long Rows, string Sha256);
