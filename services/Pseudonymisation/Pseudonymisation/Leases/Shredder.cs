using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Pseudonymisation.Contracts.V1;
using HealthDataNode.Pseudonymisation.Keys;
using HealthDataNode.Pseudonymisation.Persistence;
using HealthDataNode.ServiceDefaults.Messaging;

namespace HealthDataNode.Pseudonymisation.Leases;

/// <summary>
/// Shreds a permit key, in an order that a crash may cut anywhere: it is recorded that the lineage gets no key again, the
/// key is deleted in the store and at every mirror, and only when it is gone everywhere is the record signed that says so.
/// </summary>
internal sealed class Shredder(
    PseudonymisationDb database,
    IPermitKeyStore keys,
    DocumentSigner signer,
    IEventOutbox outbox,
    TimeProvider time
)
{
    /// <summary>Goes on where the shredding of a lineage stands; it has been recorded that it gets no key again.</summary>
    /// <returns>Mirrors that are not there and were not declared lost; none when the record is signed.</returns>
    public async Task<IReadOnlyList<string>> FinishAsync(string lineage, CancellationToken cancellationToken)
    {
        await using var transaction = await database.Database.BeginTransactionAsync(cancellationToken);
        await database.LockLineagesAsync(cancellationToken);
        var known = (await database.Lineages.FindAsync([lineage], cancellationToken))!;
        await database.Entry(known).ReloadAsync(cancellationToken);
        if (known.ShreddedAt is null)
        {
            throw new InvalidOperationException("A key is deleted only after it is recorded that the lineage gets none again.");
        }
        if (known.ShredRecord is not null)
        {
            // Also from a mirror that was lost and is found.
            keys.Shred(lineage);
            return [];
        }
        var reached = keys.Shred(lineage);
        if (reached.Away.Count > 0)
        {
            return reached.Away;
        }
        var now = time.GetUtcNow();
        var record = signer.Sign(
            new Shredding
            {
                Lineage = lineage,
                At = now.ToUnixTimeSeconds(),
                Places = reached.Places,
            }
        );
        known.ShredRecord = record.Text;
        outbox.Enqueue(new KeyShredded(lineage, record.Digest, now));
        await database.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return [];
    }
}
