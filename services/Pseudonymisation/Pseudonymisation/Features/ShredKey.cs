using HealthDataNode.Protocol.Problems;
using HealthDataNode.Pseudonymisation.Leases;
using HealthDataNode.Pseudonymisation.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Problems;

namespace HealthDataNode.Pseudonymisation.Features;

/// <summary>
/// Deletes the permit key of a lineage for good, without a proof of the SPE: for a permit under which nothing was ever
/// delivered, and where an SPE no longer exists. Repeated, it goes on where it stood.
/// </summary>
internal static class ShredKey
{
    public static void Map(IEndpointRouteBuilder lineages) =>
        lineages
            .MapPost("/shredding", HandleAsync)
            .ForParty("permit")
            .Produces(204)
            .ProducesProblem(404)
            .ProducesProblem(503)
            .WithName("ShredKey")
            .WithSummary("Deletes a permit key");

    private static async Task<IResult> HandleAsync(
        string lineage,
        PseudonymisationDb database,
        Shredder shredder,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        await using (var transaction = await database.Database.BeginTransactionAsync(cancellationToken))
        {
            await database.LockLineagesAsync(cancellationToken);
            if (await database.Lineages.FindAsync([lineage], cancellationToken) is not { } known)
            {
                return Problem.NotFound("lineage");
            }
            known.ShreddedAt ??= time.GetUtcNow();
            await database.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
        var away = await shredder.FinishAsync(lineage, cancellationToken);
        return away.Count == 0
            ? TypedResults.NoContent()
            : Refused.Problem(
                ProblemTypes.Prefix + "mirror-away",
                503,
                "A mirror of the key store is not there",
                $"The key is gone elsewhere, but nothing is signed before it is gone at {string.Join(", ", away)} too: bring it back, or declare it lost with a line 'lost: PATH' in the store's file of mirrors, and repeat."
            );
    }
}
