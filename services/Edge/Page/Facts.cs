namespace HealthDataNode.Edge.Page;

/// <summary>What the node shows to anybody. A part is null when its service did not answer.</summary>
internal sealed record Facts(
    IReadOnlyList<SourceFact>? Sources,
    IReadOnlyList<PermitFact>? Permits,
    IReadOnlyList<DeliveryFact>? Deliveries,
    AuditHead? Audit
);

/// <summary>A text in both languages.</summary>
internal sealed record LocalText(string? Nb = null, string? En = null);

/// <summary>Of <c>GET catalogue /v1/descriptions</c>.</summary>
internal sealed record SourceFact(
    string Source,
    int Version,
    string HolderName,
    LocalText Title,
    int Variables,
    long? NumberOfRecords = null,
    long? NumberOfUniqueIndividuals = null
);

/// <summary>Of <c>GET permit /v1/permits</c>.</summary>
internal sealed record PermitFact(
    string Lineage,
    string Title,
    string Organisation,
    string Purpose,
    string Spe,
    DateTimeOffset From,
    DateTimeOffset To,
    IReadOnlyList<PermitSource> Sources
);

/// <summary>Of a permit: a source and its variables.</summary>
internal sealed record PermitSource(string Name, IReadOnlyList<string> Variables);

/// <summary>Of <c>GET gateway /v1/deliveries</c>: counts are rounded, and null below the policy's threshold.</summary>
internal sealed record DeliveryFact(string Source, string Spe, DateOnly Date, long? Rows = null, long? Persons = null);

/// <summary>Of <c>GET audit /v1/head</c>.</summary>
internal sealed record AuditHead(long Entries, string Hash, DateTimeOffset? At = null);
