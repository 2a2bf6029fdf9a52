using System.Security.Claims;
using HealthDataNode.Pseudonymisation.Contracts.V1;
using HealthDataNode.Pseudonymisation.Domain;
using HealthDataNode.Pseudonymisation.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Messaging;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Pseudonymisation.Features;

/// <summary>
/// A citizen opts out of secondary use, or back in, at any time and without a reason (EHDS 71(1)). It counts from now on,
/// for every decision that comes after it; what was decided before stays (71(3)). The same word again is answered with the
/// declaration that stands.
/// </summary>
internal static class Declare
{
    internal sealed record Request(string Choice);

    internal sealed record Response(string Choice, long Number, DateTimeOffset EffectiveFrom);

    public static void Map(IEndpointRouteBuilder optOut) =>
        optOut
            .MapPost("", HandleAsync)
            .ForRole("citizen")
            .Produces<Response>()
            .WithName("Declare")
            .WithSummary("Opts the caller out of secondary use, or back in");

    private static async Task<IResult> HandleAsync(
        Request request,
        ClaimsPrincipal user,
        Citizen citizen,
        PseudonymisationDb database,
        IEventOutbox outbox,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        if (request.Choice is not (Declaration.Out or Declaration.In))
        {
            return Problem.Invalid(new Dictionary<string, string[]> { ["choice"] = ["Send 'out' or 'in'."] });
        }
        if (await citizen.FindAsync(user, cancellationToken) is not { } person)
        {
            return Citizen.Unknown();
        }
        await using var transaction = await database.Database.BeginTransactionAsync(cancellationToken);
        await database.LockDeclarationsAsync(cancellationToken);
        // What a person says again stands already: it makes neither a list nor an entry of the log longer.
        var identifiers = await database.IdentifiersOfAsync(person, cancellationToken);
        var stands = await database
            .Declarations.AsNoTracking()
            .Where(one => identifiers.Contains(one.Person))
            .OrderByDescending(one => one.Number)
            .FirstOrDefaultAsync(cancellationToken);
        if (stands?.Choice == request.Choice)
        {
            return TypedResults.Ok(new Response(stands.Choice, stands.Number, stands.At));
        }
        var last = await database.Declarations.AsNoTracking().OrderByDescending(one => one.Number).FirstOrDefaultAsync(cancellationToken);
        var number = (last?.Number ?? 0) + 1;
        // In whole microseconds, as the database keeps it; and never before the last one, whatever the clock does.
        var now = time.GetUtcNow();
        now = new DateTimeOffset(now.Ticks - now.Ticks % TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);
        var at = last?.At > now ? last.At : now;
        database.Declarations.Add(
            new Declaration
            {
                Number = number,
                Person = person,
                Choice = request.Choice,
                Source = "citizen",
                At = at,
                Chain = Commitment.Next(last?.Chain ?? Commitment.Begin, number, at, request.Choice, person),
            }
        );
        outbox.Enqueue(new OptOutDeclared(number, "citizen", at));
        await database.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return TypedResults.Ok(new Response(request.Choice, number, at));
    }
}
