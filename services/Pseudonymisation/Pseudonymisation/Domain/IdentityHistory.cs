namespace HealthDataNode.Pseudonymisation.Domain;

/// <summary>
/// Which identifiers are one person's, by the number changes of the population register in their order (NOR-42). A
/// person's first identifier stands for all; where two persons turn out to be one, the one whose number was changed
/// stands. It knows only identifiers that some change names: everybody else has one.
/// </summary>
internal sealed class IdentityHistory
{
    private readonly Dictionary<UInt128, UInt128> first = [];
    private readonly Dictionary<UInt128, List<UInt128>> all = [];

    /// <summary>Two persons that became one.</summary>
    public readonly record struct Merge(UInt128 Was, UInt128 Stands);

    /// <summary>Whether nobody has two identifiers.</summary>
    public bool IsEmpty => first.Count == 0;

    /// <summary>The person's first identifier.</summary>
    public UInt128 FirstOf(UInt128 identifier) => first.GetValueOrDefault(identifier, identifier);

    /// <summary>Every identifier of the person whose first one it is.</summary>
    public IReadOnlyList<UInt128> AllOf(UInt128 firstIdentifier) => all.GetValueOrDefault(firstIdentifier) ?? [firstIdentifier];

    /// <summary>The next number change.</summary>
    /// <returns>Who became whom; null where the two were one person already.</returns>
    public Merge? Apply(UInt128 was, UInt128 stands)
    {
        var (keeps, ends) = (FirstOf(was), FirstOf(stands));
        if (keeps == ends)
        {
            return null;
        }
        var moved = AllOf(ends);
        all.Remove(ends);
        if (!all.TryGetValue(keeps, out var members))
        {
            all[keeps] = members = [keeps];
            first[keeps] = keeps;
        }
        members.AddRange(moved);
        foreach (var identifier in moved)
        {
            first[identifier] = keeps;
        }
        return new Merge(ends, keeps);
    }
}
