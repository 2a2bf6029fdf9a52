namespace HealthDataNode.Gateway.Contracts.V1;

/// <summary>A source of a permit was ordered from its holder (EHDS Article 60(2)).</summary>
/// <param name="Order">The order's id.</param>
/// <param name="Version">The order's version after the change; a consumer ignores an older one.</param>
/// <param name="Lineage">The permit's lineage.</param>
/// <param name="Source">The source.</param>
/// <param name="Holder">The holder's party id.</param>
/// <param name="Digest">Digest of the signed order.</param>
/// <param name="Due">When the holder should have delivered, UTC.</param>
public sealed record OrderIssued(
    string Order,
    int Version,
    string Lineage,
    string Source,
    string Holder,
    string Digest,
    DateTimeOffset Due
);

/// <summary>The holder closed its delivery: every part is here, nothing has been read yet.</summary>
/// <param name="Order">The order's id.</param>
/// <param name="Version">The order's version after the change.</param>
/// <param name="Lineage">The permit's lineage.</param>
/// <param name="Source">The source.</param>
/// <param name="Closing">Digest of the holder's closing document.</param>
/// <param name="Parts">How many parts; how many rows is not said, since exact counts stay with who needs them.</param>
public sealed record DeliveryReceived(string Order, int Version, string Lineage, string Source, string Closing, int Parts);

/// <summary>What was sent for an order was refused. The order is dead; a case officer makes the next one.</summary>
/// <param name="Order">The order's id.</param>
/// <param name="Version">The order's version after the change.</param>
/// <param name="Lineage">The permit's lineage.</param>
/// <param name="Source">The source.</param>
/// <param name="Code">Why, kebab-case, for example <c>identifier-in-cell</c>.</param>
/// <param name="Part">The part, from 1, or null.</param>
/// <param name="Line">The line in the part, from 1 with the header line counted, or null.</param>
/// <param name="Column">The permitted column's name, or null. Never a value.</param>
public sealed record OrderRejected(
    string Order,
    int Version,
    string Lineage,
    string Source,
    string Code,
    int? Part,
    long? Line,
    string? Column
);

/// <summary>The holder has not delivered by the order's due date (EHDS Article 60(2)). Published once for an order.</summary>
/// <param name="Order">The order's id.</param>
/// <param name="Version">The order's version after the change.</param>
/// <param name="Lineage">The permit's lineage.</param>
/// <param name="Source">The source.</param>
/// <param name="Holder">The holder's party id.</param>
/// <param name="Due">When the holder should have delivered, UTC.</param>
public sealed record OrderOverdue(string Order, int Version, string Lineage, string Source, string Holder, DateTimeOffset Due);

/// <summary>The SPE wrote the rows, its receipt was verified, and the order's upload key no longer exists.</summary>
/// <param name="Order">The order's id.</param>
/// <param name="Version">The order's version after the change.</param>
/// <param name="Lineage">The permit's lineage.</param>
/// <param name="Source">The source.</param>
/// <param name="Spe">The SPE's party id.</param>
/// <param name="Manifest">Digest of the manifest.</param>
/// <param name="Receipt">Digest of the SPE's receipt.</param>
public sealed record DeliveryCompleted(
    string Order,
    int Version,
    string Lineage,
    string Source,
    string Spe,
    string Manifest,
    string Receipt
);
