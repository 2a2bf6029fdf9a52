namespace HealthDataNode.Protocol.Leases;

/// <summary>What a lease lets its holder do.</summary>
public enum LeaseStanding
{
    /// <summary>There is no good answer, or one that says to wait: what runs stops, and goes on when it is good again.</summary>
    Paused,

    /// <summary>A fresh, signed answer says that it may go on.</summary>
    Good,

    /// <summary>A signed answer says that it is over: what runs ends.</summary>
    Ended,
}

/// <summary>One lease at one moment. Nobody keeps it: ask the book again at the next step.</summary>
/// <param name="Standing">What it lets its holder do.</param>
/// <param name="State">The state in the owner's own word (<c>in-force</c>, <c>suspended</c>, ...); null where there is
/// no answer that is still good.</param>
/// <param name="Version">The version that the answer is about; where there is none, the newest seen, or 0.</param>
/// <param name="Digest">That version's digest, where the answer names it.</param>
public sealed record Lease(LeaseStanding Standing, string? State, int Version, string? Digest)
{
    /// <summary>Whether it may go on.</summary>
    public bool IsGood => Standing == LeaseStanding.Good;

    /// <summary>Whether it is over.</summary>
    public bool HasEnded => Standing == LeaseStanding.Ended;
}

/// <summary>One question about everything that a party holds open at one owner.</summary>
/// <param name="Nonce">24 fresh random bytes in base64url.</param>
/// <param name="Ids">What it asks about: lineages, or SPEs.</param>
/// <param name="SentAt">When it was sent, by the monotonic clock: from here the answer's time runs.</param>
public sealed record LeaseQuestion(string Nonce, IReadOnlyList<string> Ids, long SentAt);

/// <summary>An owner's answer, its signature verified.</summary>
/// <param name="Caller">The party that it is for.</param>
/// <param name="Nonce">The nonce of the question.</param>
/// <param name="Until">Good until at most, Unix seconds.</param>
/// <param name="Entries">One for each id asked about.</param>
public sealed record LeaseAnswer(string Caller, string Nonce, long Until, IReadOnlyList<LeaseEntry> Entries);

/// <summary>What an answer says of one id.</summary>
/// <param name="Id">The lineage or the SPE.</param>
/// <param name="Version">Its version; 0 where unknown.</param>
/// <param name="Digest">That version's digest, where the owner names one.</param>
/// <param name="State">The state in the owner's own word.</param>
public sealed record LeaseEntry(string Id, int Version, string? Digest, string State);

/// <summary>Why an answer as a whole was not taken.</summary>
public enum LeaseFault
{
    /// <summary>It was taken.</summary>
    None,

    /// <summary>It is for another party.</summary>
    OtherCaller,

    /// <summary>It answers another question: an older one, replayed, or somebody else's.</summary>
    OtherNonce,

    /// <summary>It came later than it is good for, by our clock from when we asked, or is past its own end.</summary>
    Stale,
}
