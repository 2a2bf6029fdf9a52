using System.Security.Cryptography;
using HealthDataNode.Protocol.Documents;

namespace HealthDataNode.Protocol.Leases;

/// <summary>
/// The leases that a party holds at one owner, in memory alone: nothing of an answer is ever stored, so that a process
/// that starts again holds nothing until it has asked. An answer is good from when its question was <b>sent</b>, by the
/// monotonic clock, and never past the end that it names; one that is for another party, answers another question or
/// comes late is not taken, and neither is what it says of an id whose newer version was seen. Thread-safe.
/// </summary>
public abstract class LeaseBook
{
    /// <summary>How long an answer is good where nothing else is configured.</summary>
    public static readonly TimeSpan Usual = TimeSpan.FromSeconds(3);

    /// <summary>The most ids in one question; more are asked for in turns.</summary>
    public const int MostIds = 1000;

    private readonly Lock gate = new();
    private readonly Dictionary<string, Holding> holdings = new(StringComparer.Ordinal);
    private readonly TimeProvider time;
    private TaskCompletionSource changed = NewSignal();
    private TaskCompletionSource wanted = NewSignal();

    private protected LeaseBook(string caller, TimeProvider? time, TimeSpan? goodFor)
    {
        Caller = caller;
        GoodFor = goodFor ?? Usual;
        this.time = time ?? TimeProvider.System;
    }

    /// <summary>The party that holds them.</summary>
    public string Caller { get; }

    /// <summary>How long an answer is good at most, from when its question was sent; its owner's policy may name an
    /// earlier end.</summary>
    public TimeSpan GoodFor { get; }

    /// <summary>Everything that is held, by id.</summary>
    public IReadOnlyList<string> Held
    {
        get
        {
            lock (gate)
            {
                return [.. holdings.Keys.Order(StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>Completes when something is held that has no answer yet: then the owner is asked at once.</summary>
    internal Task Wanted
    {
        get
        {
            lock (gate)
            {
                return wanted.Task;
            }
        }
    }

    /// <summary>Holds something open: it is asked about from now on. Safe to repeat.</summary>
    /// <param name="id">The lineage or the SPE.</param>
    /// <param name="version">The newest version that the holder has met; what is older is refused.</param>
    /// <param name="to">When that version ends by its own words; an owner's <c>expired</c> before it is only a pause
    /// (a permit that has not begun is said to be expired too, and nothing may be deleted for it).</param>
    public void Hold(string id, int version = 0, DateTimeOffset? to = null)
    {
        lock (gate)
        {
            if (!holdings.TryGetValue(id, out var holding))
            {
                holdings[id] = holding = new Holding();
                wanted.TrySetResult();
            }

            if (version > holding.Seen)
            {
                // An answer that was taken before stays good for its seconds: what another source sends meanwhile is not
                // cut off because the permit has grown. The next one must be of this version.
                holding.Seen = version;
                wanted.TrySetResult();
            }

            if (to is not null && version >= holding.Seen)
            {
                holding.To = to;
            }
        }
    }

    /// <summary>Holds it no longer: who runs under it is stopped.</summary>
    /// <param name="id">The lineage or the SPE.</param>
    public void Release(string id) => KeepOnly(held => held != id);

    /// <summary>Releases everything else.</summary>
    /// <param name="ids">What is still open.</param>
    public void KeepOnly(IReadOnlyCollection<string> ids) => KeepOnly(ids.Contains);

    /// <summary>The owner is asked at once, because there is reason to believe that something changed.</summary>
    public void AskSoon()
    {
        lock (gate)
        {
            wanted.TrySetResult();
        }
    }

    /// <summary>The lease at this moment; paused where it is not held.</summary>
    /// <param name="id">The lineage or the SPE.</param>
    public Lease Of(string id)
    {
        lock (gate)
        {
            return holdings.TryGetValue(id, out var holding) ? Read(holding) : new(LeaseStanding.Paused, null, 0, null);
        }
    }

    /// <summary>A token that ends at the moment the lease is no longer good, for what runs meanwhile; ended already
    /// where it is not good.</summary>
    /// <param name="id">The lineage or the SPE.</param>
    public CancellationToken WhileGood(string id)
    {
        lock (gate)
        {
            return holdings.TryGetValue(id, out var holding) && Read(holding).IsGood
                ? (holding.Good ??= new CancellationTokenSource()).Token
                : new CancellationToken(canceled: true);
        }
    }

    /// <summary>Holds it, and comes back when it is good or has ended.</summary>
    /// <param name="id">The lineage or the SPE.</param>
    /// <param name="cancel">Stops waiting.</param>
    public async Task<Lease> UntilGoodAsync(string id, CancellationToken cancel)
    {
        while (true)
        {
            Hold(id);
            var signal = Changed();
            if (Of(id) is { Standing: not LeaseStanding.Paused } lease)
            {
                return lease;
            }

            await signal.WaitAsync(cancel);
        }
    }

    /// <summary>Holds it, and comes back with a fresh answer about the newest version met, whatever it says; with what
    /// there is where none comes in time. For a request that arrives before the owner was asked.</summary>
    /// <param name="id">The lineage or the SPE.</param>
    /// <param name="atMost">How long to wait.</param>
    /// <param name="cancel">Stops waiting.</param>
    public async Task<Lease> SettledAsync(string id, TimeSpan atMost, CancellationToken cancel)
    {
        using var patience = new CancellationTokenSource(atMost, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, patience.Token);
        while (true)
        {
            Hold(id);
            var signal = Changed();
            if (IsAnswered(id))
            {
                return Of(id);
            }

            try
            {
                await signal.WaitAsync(both.Token);
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                return Of(id);
            }
        }
    }

    /// <summary>The next question; null where nothing is held. Its time runs from now.</summary>
    public LeaseQuestion? Ask()
    {
        lock (gate)
        {
            wanted = NewSignal();
            return holdings.Count == 0
                ? null
                : new LeaseQuestion(
                    Base64UrlText.Encode(RandomNumberGenerator.GetBytes(24)),
                    [.. holdings.OrderBy(held => held.Value.SentAt).Take(MostIds).Select(held => held.Key)],
                    time.GetTimestamp()
                );
        }
    }

    /// <summary>Takes an answer whose signature was verified.</summary>
    /// <param name="question">The question that was sent.</param>
    /// <param name="answer">The answer.</param>
    /// <returns>Why it was not taken; none where it was. What it says of a single id is passed over where a newer
    /// version of that id was seen, or this version under another digest.</returns>
    public LeaseFault Accept(LeaseQuestion question, LeaseAnswer answer)
    {
        if (answer.Caller != Caller)
        {
            return LeaseFault.OtherCaller;
        }

        if (answer.Nonce != question.Nonce)
        {
            return LeaseFault.OtherNonce;
        }

        var until = DateTimeOffset.FromUnixTimeSeconds(answer.Until);
        List<CancellationTokenSource> stopped = [];
        lock (gate)
        {
            if (LeftOf(question.SentAt, until) <= TimeSpan.Zero)
            {
                return LeaseFault.Stale;
            }

            foreach (var entry in answer.Entries.Where(entry => question.Ids.Contains(entry.Id)))
            {
                if (holdings.TryGetValue(entry.Id, out var holding) && Take(holding, entry, question.SentAt, until))
                {
                    Watch(holding);
                    StopUnlessGood(holding, stopped);
                }
            }
        }

        Tell(stopped);
        return LeaseFault.None;
    }

    /// <summary>What a state of this owner means while its answer is fresh.</summary>
    private protected abstract LeaseStanding Meaning(string state, DateTimeOffset? to, DateTimeOffset now);

    private static bool Take(Holding holding, LeaseEntry entry, long sentAt, DateTimeOffset until)
    {
        if (
            entry.Version < holding.Seen
            || (entry.Version == holding.Version && holding.Digest is not null && entry.Digest != holding.Digest)
            || (holding.Until is not null && sentAt < holding.SentAt)
        )
        {
            return false;
        }

        holding.Seen = entry.Version;
        (holding.Version, holding.Digest, holding.State) = (entry.Version, entry.Digest, entry.State);
        (holding.SentAt, holding.Until) = (sentAt, until);
        return true;
    }

    private Lease Read(Holding holding)
    {
        var isFresh = holding.Until is { } until && LeftOf(holding.SentAt, until) > TimeSpan.Zero;
        var meaning = holding.State is null ? LeaseStanding.Paused : Meaning(holding.State, holding.To, time.GetUtcNow());
        // What has ended does not begin again because nobody answers any more.
        return isFresh || meaning == LeaseStanding.Ended
            ? new(meaning, holding.State, holding.Version, holding.Digest)
            : new(LeaseStanding.Paused, null, holding.Seen, null);
    }

    private bool IsAnswered(string id)
    {
        lock (gate)
        {
            return holdings.TryGetValue(id, out var holding)
                && Read(holding) is { State: not null } lease
                && (lease.HasEnded || lease.Version >= holding.Seen);
        }
    }

    private TimeSpan LeftOf(long sentAt, DateTimeOffset until)
    {
        var byOurClock = GoodFor - time.GetElapsedTime(sentAt);
        var byItsEnd = until - time.GetUtcNow();
        return byOurClock < byItsEnd ? byOurClock : byItsEnd;
    }

    // A timer of its own for each: a renewal that hangs must not keep what runs from being stopped.
    private void Watch(Holding holding)
    {
        var left = LeftOf(holding.SentAt, holding.Until!.Value) + TimeSpan.FromMilliseconds(1);
        holding.Timer ??= time.CreateTimer(_ => Lapse(holding), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        holding.Timer.Change(left < TimeSpan.Zero ? TimeSpan.Zero : left, Timeout.InfiniteTimeSpan);
    }

    private void Lapse(Holding holding)
    {
        List<CancellationTokenSource> stopped = [];
        lock (gate)
        {
            if (holding.IsReleased)
            {
                return;
            }

            if (Read(holding).IsGood)
            {
                Watch(holding);
                return;
            }

            StopUnlessGood(holding, stopped);
        }

        Tell(stopped);
    }

    private void StopUnlessGood(Holding holding, List<CancellationTokenSource> stopped)
    {
        if (holding.Good is { } running && (holding.IsReleased || !Read(holding).IsGood))
        {
            holding.Good = null;
            stopped.Add(running);
        }
    }

    private void KeepOnly(Func<string, bool> keeps)
    {
        List<CancellationTokenSource> stopped = [];
        lock (gate)
        {
            foreach (var (id, holding) in holdings.Where(held => !keeps(held.Key)).ToList())
            {
                holdings.Remove(id);
                holding.IsReleased = true;
                holding.Timer?.Dispose();
                StopUnlessGood(holding, stopped);
            }
        }

        if (stopped.Count > 0)
        {
            Tell(stopped);
        }
    }

    // Outside the lock: whoever is stopped may ask the book again at once.
    private void Tell(List<CancellationTokenSource> stopped)
    {
        foreach (var running in stopped)
        {
            _ = running.CancelAsync();
        }

        TaskCompletionSource before;
        lock (gate)
        {
            before = changed;
            changed = NewSignal();
        }

        before.TrySetResult();
    }

    private Task Changed()
    {
        lock (gate)
        {
            return changed.Task;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class Holding
    {
        /// <summary>The newest version that was met anywhere; what is older is refused.</summary>
        public int Seen { get; set; }

        /// <summary>The version that the last answer was about.</summary>
        public int Version { get; set; }

        public string? Digest { get; set; }

        public DateTimeOffset? To { get; set; }

        public string? State { get; set; }

        public long SentAt { get; set; }

        public DateTimeOffset? Until { get; set; }

        public CancellationTokenSource? Good { get; set; }

        public ITimer? Timer { get; set; }

        public bool IsReleased { get; set; }
    }
}

/// <summary>Leases of permits, by lineage, from Permit.</summary>
/// <param name="caller">The party that holds them.</param>
/// <param name="time">The clock.</param>
/// <param name="goodFor">How long an answer is good at most; 3 s where it is not said.</param>
public sealed class PermitLeases(string caller, TimeProvider? time = null, TimeSpan? goodFor = null) : LeaseBook(caller, time, goodFor)
{
    private protected override LeaseStanding Meaning(string state, DateTimeOffset? to, DateTimeOffset now) =>
        state switch
        {
            LineageStates.InForce => LeaseStanding.Good,
            LineageStates.Revoked => LeaseStanding.Ended,
            LineageStates.Expired when to <= now => LeaseStanding.Ended,
            _ => LeaseStanding.Paused,
        };
}

/// <summary>Leases of SPEs, by party, from SpeRegistry. None ever ends: a suspended or lapsed SPE may be approved
/// again, and then what waited goes on (EHDS Article 73).</summary>
/// <param name="caller">The party that holds them.</param>
/// <param name="time">The clock.</param>
/// <param name="goodFor">How long an answer is good at most; 3 s where it is not said.</param>
public sealed class SpeLeases(string caller, TimeProvider? time = null, TimeSpan? goodFor = null) : LeaseBook(caller, time, goodFor)
{
    private protected override LeaseStanding Meaning(string state, DateTimeOffset? to, DateTimeOffset now) =>
        state == SpeStatuses.Approved ? LeaseStanding.Good : LeaseStanding.Paused;
}
