using HealthDataNode.Audit.Domain;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Audit.Persistence;

/// <summary>Appends to the chain, inside the caller's transaction.</summary>
public sealed class Chain(AuditDb db, TimeProvider time)
{
    // One at a time, until commit: two entries after the same one would fork the chain.
    private const long AppendLock = 0x41554449;

    /// <summary>Adds the entry to the context; the caller saves and commits.</summary>
    public async Task<Entry> AppendAsync(Fact fact, CancellationToken cancellationToken)
    {
        await LockAsync(cancellationToken);
        var last = await db.Entries.AsNoTracking().OrderByDescending(e => e.Sequence).FirstOrDefaultAsync(cancellationToken);
        var entry = Entry.After(last, fact, time.GetUtcNow());
        db.Entries.Add(entry);
        return entry;
    }

    /// <summary>Waits for whoever appends now.</summary>
    public Task LockAsync(CancellationToken cancellationToken) =>
        db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({AppendLock})", cancellationToken);
}
