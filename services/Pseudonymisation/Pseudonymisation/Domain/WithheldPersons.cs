using System.Numerics;
using HealthDataNode.Protocol.Pseudonyms;

namespace HealthDataNode.Pseudonymisation.Domain;

/// <summary>
/// Every identifier whose person is withheld, whatever the reason. The members are outputs of a cipher and so evenly
/// spread: their own bits are the place in a table that is at most half full. Almost everybody asked about is not in it,
/// and a bitmap, small enough for a processor's cache, says so for nineteen of twenty of them. 34 to 68 bytes a person.
/// </summary>
internal sealed class WithheldPersons
{
    private const int Smallest = 64;
    private const int BitsPerPerson = 16;
    private readonly UInt128[] table;
    private readonly ulong[] bitmap;
    private readonly int placeMask;
    private readonly uint bitMask;

    /// <param name="people">Identifiers; zero, which no cipher gives in practice, stands for an empty place.</param>
    public WithheldPersons(IReadOnlyCollection<UInt128> people)
    {
        table = new UInt128[BitOperations.RoundUpToPowerOf2((uint)Math.Max(Smallest, people.Count * 2))];
        placeMask = table.Length - 1;
        bitmap = new ulong[table.Length * BitsPerPerson / 2 / 64];
        bitMask = (uint)(bitmap.Length * 64 - 1);
        foreach (var person in people)
        {
            var at = PlaceOf(person);
            while (table[at] != UInt128.Zero && table[at] != person)
            {
                at = (at + 1) & placeMask;
            }
            table[at] = person;
            var bit = BitOf(person);
            bitmap[bit >> 6] |= 1UL << (int)bit;
        }
        Count = people.Count;
    }

    /// <summary>How many identifiers.</summary>
    public int Count { get; }

    /// <summary>Whether one is in it.</summary>
    public bool Contains(UInt128 person) => MayContain(person) == 1 && Find(person);

    /// <summary>Which are in it, by position. First the bitmap for all, then the table for the few that are left: memory
    /// is waited for many at a time.</summary>
    /// <param name="persons">16 bytes each.</param>
    /// <param name="found">One for each; false before.</param>
    public void Mark(ReadOnlySpan<byte> persons, Span<bool> found)
    {
        var candidates = new int[found.Length + 1];
        var count = 0;
        for (var i = 0; i < found.Length; i++)
        {
            candidates[count] = i;
            count += MayContain(Person.Of(persons[(i * Block.Size)..]));
        }
        foreach (var candidate in candidates.AsSpan(0, count))
        {
            found[candidate] = Find(Person.Of(persons[(candidate * Block.Size)..]));
        }
    }

    private int MayContain(UInt128 person)
    {
        var bit = BitOf(person);
        return (int)(bitmap[bit >> 6] >> (int)bit & 1);
    }

    private bool Find(UInt128 person)
    {
        for (var at = PlaceOf(person); table[at] != UInt128.Zero; at = (at + 1) & placeMask)
        {
            if (table[at] == person)
            {
                return true;
            }
        }
        return false;
    }

    private int PlaceOf(UInt128 person) => (int)(ulong)person & placeMask;

    // Other bits than the place's.
    private uint BitOf(UInt128 person) => (uint)(ulong)(person >> 64) & bitMask;
}
