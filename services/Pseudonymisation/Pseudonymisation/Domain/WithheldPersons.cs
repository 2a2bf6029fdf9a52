using System.Numerics;
using HealthDataNode.Protocol.Pseudonyms;

namespace HealthDataNode.Pseudonymisation.Domain;

/// <summary>
/// Every identifier whose person is withheld, whatever the reason. The members are outputs of a cipher and so evenly
/// spread: one half's bits are the place in a table that is at most half full, the other half is what stands there, so
/// that 70 bits and more tell two persons apart. Almost everybody asked about is not in it, and a bitmap, small enough
/// for a processor's cache, says so for all but one of thirty of them. 17 to 34 bytes a person.
/// </summary>
internal sealed class WithheldPersons
{
    private const int Smallest = 64;
    private const int Slice = 1024;
    private readonly ulong[] table;
    private readonly ulong[] bitmap;
    private readonly int placeMask;
    private readonly int wordMask;

    /// <param name="people">Identifiers; zero, which no cipher gives in practice, stands for an empty place.</param>
    public WithheldPersons(IReadOnlyCollection<UInt128> people)
    {
        table = new ulong[BitOperations.RoundUpToPowerOf2((uint)Math.Max(Smallest, people.Count * 2))];
        bitmap = new ulong[table.Length / 16];
        (placeMask, wordMask) = (table.Length - 1, bitmap.Length - 1);
        foreach (var person in people)
        {
            var (kept, place) = Halves(person);
            var at = (int)place & placeMask;
            while (table[at] != 0 && table[at] != kept)
            {
                at = (at + 1) & placeMask;
            }
            table[at] = kept;
            bitmap[WordOf(place)] |= 1UL << FirstBitOf(place) | 1UL << SecondBitOf(place);
        }
        Count = people.Count;
    }

    /// <summary>How many identifiers.</summary>
    public int Count { get; }

    /// <summary>Whether one is in it.</summary>
    public bool Contains(UInt128 person) => MayContain(person) == 1 && Find(person);

    /// <summary>Which are in it, by position. In slices that stay in the first-level cache: the bitmap for all of a slice,
    /// then the table for the few that are left, so that memory is waited for many at a time.</summary>
    /// <param name="persons">16 bytes each.</param>
    /// <param name="found">One for each; all are written.</param>
    public void Mark(ReadOnlySpan<byte> persons, Span<bool> found)
    {
        found.Clear();
        Span<int> candidates = stackalloc int[Slice + 1];
        for (var start = 0; start < found.Length; start += Slice)
        {
            var end = Math.Min(start + Slice, found.Length);
            var count = 0;
            for (var i = start; i < end; i++)
            {
                candidates[count] = i;
                count += MayContain(Person.Of(persons[(i * Block.Size)..]));
            }
            foreach (var candidate in candidates[..count])
            {
                found[candidate] = Find(Person.Of(persons[(candidate * Block.Size)..]));
            }
        }
    }

    // 1 or 0, without a branch that a processor could guess wrong.
    private int MayContain(UInt128 person)
    {
        var place = Halves(person).Place;
        var word = bitmap[WordOf(place)];
        return (int)(word >> FirstBitOf(place) & word >> SecondBitOf(place) & 1);
    }

    private bool Find(UInt128 person)
    {
        var (kept, place) = Halves(person);
        for (var at = (int)place & placeMask; table[at] != 0; at = (at + 1) & placeMask)
        {
            if (table[at] == kept)
            {
                return true;
            }
        }
        return false;
    }

    private static (ulong Kept, ulong Place) Halves(UInt128 person) => ((ulong)(person >> 64), (ulong)person);

    // Other bits than the place's in the table, which is never longer than 2^31.
    private int WordOf(ulong place) => (int)(place >> 44) & wordMask;

    private static int FirstBitOf(ulong place) => (int)(place >> 32) & 63;

    private static int SecondBitOf(ulong place) => (int)(place >> 38) & 63;
}
