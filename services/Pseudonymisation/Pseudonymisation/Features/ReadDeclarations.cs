using System.Security.Claims;
using HealthDataNode.Pseudonymisation.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Pseudonymisation.Features;

/// <summary>
/// What the caller declared, by whichever identifier: looked up by the newest identity history. With <c>on</c> it is the
/// choice that stood at that moment.
/// </summary>
internal static class ReadDeclarations
{
    internal sealed record Response(string Choice, IReadOnlyList<Declared> History);

    internal sealed record Declared(string Choice, long Number, DateTimeOffset At);

    public static void Map(IEndpointRouteBuilder optOut) =>
        optOut
            .MapGet("", HandleAsync)
            .ForRole("citizen")
            .Produces<Response>()
            .WithName("ReadDeclarations")
            .WithSummary("What the caller declared, now or on a date");

    private static async Task<IResult> HandleAsync(
        DateTimeOffset? on,
        ClaimsPrincipal user,
        Citizen citizen,
        PseudonymisationDb database,
        CancellationToken cancellationToken
    )
    {
        if (await citizen.FindAsync(user, cancellationToken) is not { } person)
        {
            return Citizen.Unknown();
        }
        var identifiers = await database.IdentifiersOfAsync(person, cancellationToken);
        var until = (on ?? DateTimeOffset.MaxValue).ToUniversalTime();
        var history = await database
            .Declarations.AsNoTracking()
            .Where(one => identifiers.Contains(one.Person) && one.At <= until)
            .OrderBy(one => one.Number)
            .Select(one => new Declared(one.Choice, one.Number, one.At))
            .ToListAsync(cancellationToken);
        return TypedResults.Ok(new Response(history.Count > 0 ? history[^1].Choice : Declaration.In, history));
    }
}
