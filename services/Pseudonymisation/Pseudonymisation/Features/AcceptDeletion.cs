using System.Security.Claims;
using System.Text;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Leases;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Pseudonymisation.Contracts.V1;
using HealthDataNode.Pseudonymisation.Leases;
using HealthDataNode.Pseudonymisation.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Messaging;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Pseudonymisation.Features;

/// <summary>
/// The SPE of a permit proves that it has deleted everything of it; then the permit key is shredded. A proof counts only
/// for a lineage that has ended by Permit's own signed answer, and only if it was made after the newest version of the
/// permit: an old one, from before a renewal, changes nothing.
/// </summary>
internal static class AcceptDeletion
{
    private static readonly TimeSpan Ahead = TimeSpan.FromMinutes(5);

    public static void Map(IEndpointRouteBuilder lineages) =>
        lineages
            .MapPost("/deletion", HandleAsync)
            .RequireAuthorization(policy => policy.RequireAuthenticatedUser().RequireRole("spe").RequireClaim("party"))
            .Accepts<string>("application/jose")
            .Produces(204)
            .ProducesProblem(404)
            .ProducesProblem(409)
            .ProducesProblem(422)
            .ProducesProblem(503)
            .WithName("AcceptDeletion")
            .WithSummary("The SPE's proof that it has deleted everything of a permit");

    private static async Task<IResult> HandleAsync(
        string lineage,
        HttpRequest request,
        ClaimsPrincipal user,
        PseudonymisationDb database,
        OrderAndPermit documents,
        PermitGate permits,
        Shredder shredder,
        IEventOutbox outbox,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var order = await database
            .Orders.AsNoTracking()
            .Where(order => order.Lineage == lineage)
            .OrderByDescending(order => order.PermitVersion)
            .FirstOrDefaultAsync(cancellationToken);
        if (order is null || order.ReadPermit() is var met && met.Spe.Party != user.Party())
        {
            return ServiceDefaults.Problems.Problem.NotFound("lineage");
        }
        SignedDocument<Deletion> proof;
        try
        {
            proof = documents.VerifyDeletion(await ReadAsync(request, cancellationToken), met);
        }
        catch (DocumentRefusedException refused)
        {
            return ProtocolProblem.Of(refused).ToResult();
        }
        if (await database.Lineages.AnyAsync(known => known.Id == lineage && known.DeletionProof != null, cancellationToken))
        {
            // Proved before: the same proof again, or an old one, changes nothing.
            await shredder.FinishAsync(lineage, cancellationToken);
            return TypedResults.NoContent();
        }
        var lease = await permits.LeaseAsync(met, cancellationToken);
        if (await EndRefusalAsync(permits, lease, met, proof.Payload, time.GetUtcNow(), cancellationToken) is { } refusal)
        {
            return refusal;
        }
        await RecordAsync(database, outbox, lineage, lease, proof, time.GetUtcNow(), cancellationToken);
        // A mirror that is away is the node's matter, not the SPE's: the watch goes on with it.
        await shredder.FinishAsync(lineage, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<IResult?> EndRefusalAsync(
        PermitGate permits,
        Lease lease,
        PermitDocument met,
        Deletion proof,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        if (!lease.HasEnded)
        {
            return lease.State is null or LineageStates.Unknown
                ? Refused.StateUnknown()
                : Refused.Problem(
                    ProblemTypes.Prefix + "permit-not-ended",
                    409,
                    "The permit has not ended",
                    "Nothing is shredded for it. Delete what is yours when Permit's signed answer says revoked, or expired past its end."
                );
        }
        if (await permits.NewestAsync(met, lease, cancellationToken) is not { } newest)
        {
            return Refused.StateUnknown();
        }
        var at = DateTimeOffset.FromUnixTimeSeconds(proof.At);
        return proof.At < newest.IssuedAt || at > now + Ahead
            ? Refused.Problem(
                ProblemTypes.Prefix + "proof-out-of-time",
                409,
                "The proof is not of this end",
                "It was made before the newest version of the permit was signed, or in the future. Delete what is there now and sign that."
            )
            : null;
    }

    private static async Task RecordAsync(
        PseudonymisationDb database,
        IEventOutbox outbox,
        string lineage,
        Lease lease,
        SignedDocument<Deletion> proof,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        await using var transaction = await database.Database.BeginTransactionAsync(cancellationToken);
        await database.LockLineagesAsync(cancellationToken);
        var known = (await database.Lineages.FindAsync([lineage], cancellationToken))!;
        if (known.DeletionProof is null)
        {
            known.DeletionProof = proof.Text;
            known.RevokedAt ??= lease.State == LineageStates.Revoked ? now : null;
            known.ShreddedAt ??= now;
            outbox.Enqueue(new DeletionProved(lineage, proof.Payload.Spe, proof.Digest, now));
            await database.SaveChangesAsync(cancellationToken);
        }
        await transaction.CommitAsync(cancellationToken);
    }

    // What is too long to be a document is cut, and then refused.
    private static async Task<string> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(request.Body, Encoding.ASCII);
        var buffer = new char[Jws.MaximumLength + 1];
        var read = await reader.ReadBlockAsync(buffer, cancellationToken);
        return new string(buffer, 0, read).Trim();
    }
}
