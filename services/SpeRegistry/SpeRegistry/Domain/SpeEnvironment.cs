namespace HealthDataNode.SpeRegistry.Domain;

/// <summary>Where an SPE stands.</summary>
public enum EnvironmentStatus
{
    /// <summary>Has endpoints and nothing else.</summary>
    Registered,

    /// <summary>Its operator has answered the criteria; nobody has approved them.</summary>
    Declared,

    /// <summary>Approved, and the approval has not ended. The only status that lets data in.</summary>
    Approved,

    /// <summary>An auditor stopped it.</summary>
    Suspended,

    /// <summary>Its approval has ended.</summary>
    Expired,
}

/// <summary>A secure processing environment (EHDS 73).</summary>
public sealed class SpeEnvironment
{
    /// <summary>Party id.</summary>
    public required string Party { get; init; }

    /// <summary>Grows with every change.</summary>
    public int Version { get; set; }

    /// <summary>Name.</summary>
    public required string Name { get; set; }

    /// <summary>Organisation number of its operator; it never changes.</summary>
    public required string Org { get; init; }

    /// <summary>Where deliveries go.</summary>
    public required string IngressUrl { get; set; }

    /// <summary>Where a person signs in.</summary>
    public required string DoorUrl { get; set; }

    /// <summary>Its encryption key as a spe-key JWS.</summary>
    public required string EncryptionKey { get; set; }

    /// <summary>That key's sequence.</summary>
    public required int EncryptionKeySequence { get; set; }

    /// <summary>First registered, UTC.</summary>
    public required DateTimeOffset RegisteredAt { get; init; }

    /// <summary>Last changed, UTC.</summary>
    public DateTimeOffset ChangedAt { get; set; }

    /// <summary>Something of it, or about it, changed.</summary>
    public void Touch(DateTimeOffset now)
    {
        Version++;
        ChangedAt = now;
    }

    /// <summary>The status at a moment. Computed, never stored: an approval ends by itself (EHDS 73(3)).</summary>
    public static EnvironmentStatus StatusAt(DateTimeOffset now, bool isDeclared, Ruling? newest) =>
        newest switch
        {
            { Kind: RulingKind.Suspended } => EnvironmentStatus.Suspended,
            { Until: { } until } => now < until ? EnvironmentStatus.Approved : EnvironmentStatus.Expired,
            _ => isDeclared ? EnvironmentStatus.Declared : EnvironmentStatus.Registered,
        };
}

/// <summary>What an auditor decided.</summary>
public enum RulingKind
{
    /// <summary>Approved until a moment.</summary>
    Approved,

    /// <summary>Suspended until approved again.</summary>
    Suspended,
}

/// <summary>An auditor's decision about an SPE; the newest one counts.</summary>
public sealed class Ruling
{
    /// <summary>The SPE.</summary>
    public required string Party { get; init; }

    /// <summary>From 1.</summary>
    public required int Number { get; init; }

    /// <summary>What was decided.</summary>
    public required RulingKind Kind { get; init; }

    /// <summary>About which declaration.</summary>
    public required int Declaration { get; init; }

    /// <summary>End of an approval, exclusive, UTC.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Why.</summary>
    public required string Reasons { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset RuledAt { get; init; }

    /// <summary>The auditor's <c>sub</c>.</summary>
    public required string RuledBy { get; init; }

    /// <summary>The auditor's organisation, never the environment's.</summary>
    public required string RuledByOrg { get; init; }
}
