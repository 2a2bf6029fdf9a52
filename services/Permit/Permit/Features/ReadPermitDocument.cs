using System.Security.Claims;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Permit.Features;

/// <summary>The signed permit, for those whom it concerns.</summary>
public static class ReadPermitDocument
{
    // They act on every permit; the others only on those that name them.
    private static readonly string[] NodeParties = ["gateway", "pseudonymisation"];

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/permits/{lineage}/document", Handle)
            .RequireAuthorization()
            .WithName("ReadPermitDocument")
            .WithSummary("The newest version of a permit as a JWS, for a party or person that it names")
            .WithTags("Permits")
            .Produces<string>(StatusCodes.Status200OK, "application/jose");

    private static async Task<Results<ContentHttpResult, ProblemHttpResult>> Handle(
        string lineage,
        ClaimsPrincipal user,
        PermitDb database,
        CancellationToken cancellationToken
    )
    {
        var versions = await database.Permits.AsNoTracking().Where(row => row.Lineage == lineage).ToListAsync(cancellationToken);
        // Whoever was named by an earlier version learns from the newest that it is not any more.
        return versions.MaxBy(row => row.Version) is { } newest && versions.Any(version => Concerns(version, user))
            ? TypedResults.Text(newest.Document, "application/jose")
            : Problem.NotFound("permit");
    }

    private static bool Concerns(PermitRow permit, ClaimsPrincipal user) =>
        user.Party() is { } party
            ? permit.Spe == party || permit.Holders.Contains(party) || NodeParties.Contains(party)
            : permit.Persons.Contains(user.Sub()) || (user.IsOfficial() && permit.Authorities.Contains(user.Authority()));
}
