namespace HealthDataNode.Pseudonymisation.Domain;

/// <summary>
/// Who is withheld, from declarations and address changes in their order: a person's last word counts, by whichever of
/// its identifiers it was given.
/// </summary>
internal sealed class Standing(IdentityHistory history)
{
    private readonly Dictionary<UInt128, bool> optedOut = [];
    private readonly Dictionary<UInt128, bool> isProtected = [];

    /// <summary>The next declaration.</summary>
    public void Declare(UInt128 person, bool isOut) => optedOut[history.FirstOf(person)] = isOut;

    /// <summary>The next change of an address.</summary>
    public void Protect(UInt128 person, bool now) => isProtected[history.FirstOf(person)] = now;

    /// <summary>All identifiers of all persons that are withheld.</summary>
    public WithheldPersons Withheld()
    {
        var persons = new HashSet<UInt128>();
        foreach (var person in optedOut.Concat(isProtected).Where(person => person.Value))
        {
            persons.UnionWith(history.AllOf(person.Key));
        }
        return new WithheldPersons(persons);
    }
}
