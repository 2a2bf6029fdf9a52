using System.Security.Cryptography;

namespace HealthDataNode.Audit.Domain;

/// <summary>What is wrong with the log.</summary>
public enum BreakKind
{
    /// <summary>A signed head knows entries that are not there any more.</summary>
    CutTail,

    /// <summary>An entry is not what was hashed, or not what a signed head says.</summary>
    Rewritten,

    /// <summary>A publisher's running number is missing: an event was lost before it came here.</summary>
    Gap,

    /// <summary>A head is not signed by this node's audit key.</summary>
    HeadSignature,
}

/// <summary>The first fault.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Sequence">At which entry; for a gap, the entry that came after it.</param>
/// <param name="Publisher">Whose number is missing, for a gap.</param>
public sealed record FirstBroken(BreakKind Kind, long Sequence, string? Publisher = null);

/// <summary>A head as it stands in the file: sequence and hash, or null where its signature is not ours.</summary>
public sealed record KnownHead(long Sequence, byte[]? Hash);

/// <summary>Walks the chain once, entry by entry, against the signed heads.</summary>
/// <param name="heads">The heads, in the order of the file.</param>
/// <param name="settledBefore">
/// A publisher's events may overtake each other by moments; a missing number counts once its successor is older than this.
/// </param>
public sealed class Verification(IReadOnlyList<KnownHead> heads, DateTimeOffset settledBefore)
{
    private readonly Dictionary<string, Numbers> numbers = [];
    private readonly ILookup<long, byte[]> signed = heads
        .Where(head => head.Hash is not null)
        .ToLookup(head => head.Sequence, head => head.Hash!);
    private byte[] previous = Entry.Genesis;
    private long sequence;
    private FirstBroken? first;

    /// <summary>How many entries were walked.</summary>
    public long Entries { get; private set; }

    /// <summary>The next entry.</summary>
    public void Add(Entry entry)
    {
        Entries++;
        sequence++;
        if (
            entry.Sequence != sequence
            || !CryptographicOperations.FixedTimeEquals(entry.PreviousHash, previous)
            || !CryptographicOperations.FixedTimeEquals(entry.Hash, entry.Recompute())
            || signed[sequence].Any(hash => !CryptographicOperations.FixedTimeEquals(hash, entry.Hash))
        )
        {
            first ??= new FirstBroken(BreakKind.Rewritten, Math.Min(sequence, entry.Sequence));
        }
        sequence = entry.Sequence;
        previous = entry.Hash;
        if (entry.Number is { } number)
        {
            if (!numbers.TryGetValue(entry.Publisher, out var seen))
            {
                numbers.Add(entry.Publisher, seen = new Numbers());
            }
            seen.Add(number, entry);
        }
    }

    /// <summary>Null when the log is whole; else the fault that comes first in it.</summary>
    public FirstBroken? Finish()
    {
        List<FirstBroken> faults = first is null ? [] : [first];
        if (heads.Select(head => head.Sequence).DefaultIfEmpty().Max() is var known && known > sequence)
        {
            faults.Add(new FirstBroken(BreakKind.CutTail, sequence + 1));
        }
        if (heads.FirstOrDefault(head => head.Hash is null) is { } forged)
        {
            faults.Add(new FirstBroken(BreakKind.HeadSignature, forged.Sequence));
        }
        foreach (var (publisher, seen) in numbers)
        {
            if (seen.FirstGap(settledBefore) is { } after)
            {
                faults.Add(new FirstBroken(BreakKind.Gap, after.Sequence, publisher));
            }
        }
        return faults.MinBy(fault => fault.Sequence);
    }

    /// <summary>The numbers of one publisher: how far they are complete, and what lies beyond.</summary>
    private sealed class Numbers
    {
        private readonly SortedDictionary<long, Successor> beyond = [];
        private long complete;

        public void Add(long number, Entry entry)
        {
            if (number > complete + 1)
            {
                beyond[number] = new Successor(entry.Sequence, entry.RecordedAt);
                return;
            }
            complete = Math.Max(complete, number);
            while (beyond.Remove(complete + 1))
            {
                complete++;
            }
        }

        public Successor? FirstGap(DateTimeOffset settledBefore) =>
            beyond.Values.Where(after => after.RecordedAt < settledBefore).MinBy(after => after.Sequence);
    }

    private sealed record Successor(long Sequence, DateTimeOffset RecordedAt);
}
