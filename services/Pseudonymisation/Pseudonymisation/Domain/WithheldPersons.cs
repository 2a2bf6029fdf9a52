using System.Numerics;

namespace HealthDataNode.Pseudonymisation.Domain;

/// <summary>
/// Every identifier whose person is withheld, whatever the reason. The members are outputs of a cipher and so evenly
/// spread: their own low bits are the place in a table that is at most half full, and a look-up touches one line of
/// memory. 32 to 64 bytes a person.
/// </summary>
internal sealed class WithheldPersons
{
    private const int Smallest = 16;
    private readonly UInt128[] table;
    private readonly ulong mask;

    /// <param name="people">Identifiers; zero, which no cipher gives in practice, stands for an empty place.</param>
    public WithheldPersons(IReadOnlyCollection<UInt128> people)
    {
        table = new UInt128[BitOperations.RoundUpToPowerOf2((uint)Math.Max(Smallest, people.Count * 2))];
        mask = (ulong)table.Length - 1;
        foreach (var person in people)
        {
            var at = PlaceOf(person);
            while (table[at] != UInt128.Zero && table[at] != person)
            {
                at = (at + 1) & mask;
            }
            table[at] = person;
        }
        Count = people.Count;
    }

    /// <summary>How many identifiers.</summary>
    public int Count { get; }

    public bool Contains(UInt128 person)
    {
        for (var at = PlaceOf(person); table[at] != UInt128.Zero; at = (at + 1) & mask)
        {
            if (table[at] == person)
            {
                return true;
            }
        }
        return false;
    }

    private ulong PlaceOf(UInt128 person) => (ulong)person & mask;
}
