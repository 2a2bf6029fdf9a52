namespace HealthDataNode.Leaks;

/// <summary>What is searched for; the columns of the table in architecture-docs/who-may-know.md, in its order.</summary>
internal enum Kind
{
    Identifier,
    PersonToken,
    DeliveryPseudonym,
    PermitPseudonym,
    RowValue,
    PermitKey,
}

internal static class Kinds
{
    public static readonly IReadOnlyList<Kind> All = Enum.GetValues<Kind>();

    /// <summary>The kind in words, as the table's header has it.</summary>
    public static string Words(this Kind kind) =>
        kind switch
        {
            Kind.Identifier => "identifier",
            Kind.PersonToken => "person token",
            Kind.DeliveryPseudonym => "delivery pseudonym",
            Kind.PermitPseudonym => "permit pseudonym",
            Kind.RowValue => "row value",
            _ => "permit key",
        };
}
