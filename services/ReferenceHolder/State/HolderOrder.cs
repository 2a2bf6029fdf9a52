namespace HealthDataNode.ReferenceHolder.State;

/// <summary>How far this holder is with an order; each stage is done whole or done again.</summary>
public enum Stage
{
    /// <summary>Taken in: signatures checked, the permit names this holder and its columns.</summary>
    Accepted,

    /// <summary>The rows are copied out of the source, as they were at that moment.</summary>
    Extracted,

    /// <summary>Every person has a token, is withheld, or has no valid identifier.</summary>
    Tokenised,

    /// <summary>The sealed parts and the closing document lie ready.</summary>
    Built,

    /// <summary>All is sent, the closing document too.</summary>
    Sent,

    /// <summary>The node is done with it; everything made for it is deleted.</summary>
    Done,
}

/// <summary>An order in this holder's book.</summary>
public sealed record HolderOrder(string Id, string Digest, string Order, string Permit, string? TraceParent, Stage Stage)
{
    /// <summary>The order's documents and counts may be printed; a token or an identifier is in none of them.</summary>
    public Counts Counts { get; init; } = new();
}

/// <summary>Rows of one order, for the holder's own books.</summary>
public sealed record Counts
{
    /// <summary>Rows that the source had.</summary>
    public long Extracted { get; init; }

    /// <summary>Rows of persons whom Pseudonymisation withheld.</summary>
    public long Withheld { get; init; }

    /// <summary>Rows without a valid identifier, or with characters that no row may have.</summary>
    public long Invalid { get; init; }

    /// <summary>Rows sent.</summary>
    public long Uploaded { get; init; }
}
