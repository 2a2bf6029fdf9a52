namespace HealthDataNode.Protocol.Documents;

/// <summary>What a key is for, as its statement says. All but <see cref="Encryption"/> are signing keys (P-256).</summary>
public static class KeyUses
{
    /// <summary>Permits, answers about permits and access.</summary>
    public const string Permit = "permit";

    /// <summary>Orders, manifests, seals of deliveries.</summary>
    public const string Gateway = "gateway";

    /// <summary>A holder's seals and closing documents.</summary>
    public const string Holder = "holder";

    /// <summary>Seals of person tokens and of delivery keys.</summary>
    public const string Pseudonymisation = "pseudonymisation";

    /// <summary>An SPE's encryption keys and receipts.</summary>
    public const string Spe = "spe";

    /// <summary>Answers about the state of SPEs.</summary>
    public const string SpeRegistry = "speregistry";

    /// <summary>Heads of the audit log.</summary>
    public const string Audit = "audit";

    /// <summary>Whose person number somebody has who signs in (<see cref="SealedId"/>).</summary>
    public const string Enrolment = "enrolment";

    /// <summary>X25519: what is sealed to a party.</summary>
    public const string Encryption = "encryption";

    /// <summary>The node's root, which signs statements and nothing else. No statement has this use.</summary>
    public const string Root = "root";

    /// <summary>Every use that a statement may have.</summary>
    public static IReadOnlyList<string> All { get; } =
    [Permit, Gateway, Holder, Pseudonymisation, Spe, SpeRegistry, Audit, Enrolment, Encryption];
}

/// <summary>The parties of the node whose documents have one author only.</summary>
public static class Parties
{
    /// <summary>Signs permits.</summary>
    public const string Permit = "permit";

    /// <summary>Signs orders and manifests.</summary>
    public const string Gateway = "gateway";

    /// <summary>Signs answers of person tokens, delivery keys and aliases.</summary>
    public const string Pseudonymisation = "pseudonymisation";

    /// <summary>Signs answers about the state of SPEs.</summary>
    public const string SpeRegistry = "speregistry";

    /// <summary>Enrols people: signs sealed person numbers.</summary>
    public const string Setup = "setup";
}
