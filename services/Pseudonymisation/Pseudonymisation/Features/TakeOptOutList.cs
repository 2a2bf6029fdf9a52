using System.Security.Cryptography;
using HealthDataNode.Pseudonymisation.Contracts.V1;
using HealthDataNode.Pseudonymisation.Domain;
using HealthDataNode.Pseudonymisation.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Messaging;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Pseudonymisation.Features;

/// <summary>
/// Permit takes the opt-out list at a decision: its number, and a commitment to it, go into the permit (EHDS 71(3)). The
/// same name gets the same answer, and Permit makes one for each attempt to decide; a declaration that was confirmed before
/// is in the list, a later one is not.
/// </summary>
internal static class TakeOptOutList
{
    internal sealed record Request(string Decision);

    internal sealed record Response(long List, string Commitment);

    public static void Map(IEndpointRouteBuilder lists) =>
        lists
            .MapPost("", HandleAsync)
            .ForParty("permit")
            .Produces<Response>()
            .WithName("TakeOptOutList")
            .WithSummary("The opt-out list as a decision takes it");

    private static async Task<IResult> HandleAsync(
        Request request,
        PseudonymisationDb database,
        IEventOutbox outbox,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        if (request.Decision is not { Length: >= 1 and <= 64 })
        {
            return Problem.Invalid(
                new Dictionary<string, string[]> { ["decision"] = ["Send a name for this attempt to decide, at most 64 characters."] }
            );
        }
        await using var transaction = await database.Database.BeginTransactionAsync(cancellationToken);
        await database.LockDeclarationsAsync(cancellationToken);
        var taken = await database
            .OptOutLists.AsNoTracking()
            .SingleOrDefaultAsync(one => one.Decision == request.Decision, cancellationToken);
        if (taken is null)
        {
            var last = await database
                .Declarations.AsNoTracking()
                .OrderByDescending(one => one.Number)
                .FirstOrDefaultAsync(cancellationToken);
            var salt = RandomNumberGenerator.GetBytes(Commitment.SaltSize);
            taken = new OptOutList
            {
                Decision = request.Decision,
                List = last?.Number ?? 0,
                Salt = salt,
                Commitment = Commitment.Of(salt, last?.Number ?? 0, last?.Chain ?? Commitment.Begin),
                TakenAt = time.GetUtcNow(),
            };
            database.OptOutLists.Add(taken);
            outbox.Enqueue(new OptOutListTaken(taken.Decision, taken.List, taken.Commitment, taken.TakenAt));
            await database.SaveChangesAsync(cancellationToken);
        }
        await transaction.CommitAsync(cancellationToken);
        return TypedResults.Ok(new Response(taken.List, taken.Commitment));
    }
}
