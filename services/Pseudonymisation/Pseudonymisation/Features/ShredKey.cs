using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Pseudonymisation.Contracts.V1;
using HealthDataNode.Pseudonymisation.Keys;
using HealthDataNode.Pseudonymisation.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Messaging;
using HealthDataNode.ServiceDefaults.Problems;

namespace HealthDataNode.Pseudonymisation.Features;

/// <summary>
/// Deletes the permit key of a lineage for good. First it is recorded that the lineage gets no key again, then the key
/// goes: a crash between leaves a key that the next call deletes.
/// </summary>
internal static class ShredKey
{
    public static void Map(IEndpointRouteBuilder lineages) =>
        lineages.MapPost("/shredding", HandleAsync).ForParty("permit").WithName("ShredKey").WithSummary("Deletes a permit key");

    private static async Task<IResult> HandleAsync(
        string lineage,
        PseudonymisationDb database,
        IPermitKeyStore keys,
        DocumentSigner signer,
        IEventOutbox outbox,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        await using var transaction = await database.Database.BeginTransactionAsync(cancellationToken);
        await database.LockLineagesAsync(cancellationToken);
        if (await database.Lineages.FindAsync([lineage], cancellationToken) is not { } known)
        {
            return Problem.NotFound("lineage");
        }
        if (known.ShreddedAt is null)
        {
            var now = time.GetUtcNow();
            var record = signer.Sign(new Shredding { Lineage = lineage, At = now.ToUnixTimeSeconds(), Places = [keys.Place] });
            known.ShreddedAt = now;
            known.ShredRecord = record.Text;
            outbox.Enqueue(new KeyShredded(lineage, record.Digest, now));
            await database.SaveChangesAsync(cancellationToken);
        }
        await transaction.CommitAsync(cancellationToken);
        keys.Shred(lineage);
        return TypedResults.NoContent();
    }
}
