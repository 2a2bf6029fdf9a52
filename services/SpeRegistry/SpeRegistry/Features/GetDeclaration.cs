using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Problems;
using HealthDataNode.SpeRegistry.Criteria;
using HealthDataNode.SpeRegistry.Domain;
using HealthDataNode.SpeRegistry.Persistence;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.SpeRegistry.Features;

/// <summary>What an auditor reads before approving; the evidence is not for everybody.</summary>
public static class GetDeclaration
{
    /// <param name="Party">The SPE.</param>
    /// <param name="Number">From 1.</param>
    /// <param name="CriteriaVersion">Version of the criteria.</param>
    /// <param name="DeclaredAt">When, UTC.</param>
    /// <param name="Unmet">Required criteria that are not met.</param>
    /// <param name="Answers">In the order of the criteria.</param>
    public sealed record Response(
        string Party,
        int Number,
        string CriteriaVersion,
        DateTimeOffset DeclaredAt,
        IReadOnlyList<string> Unmet,
        IReadOnlyList<CriterionAnswer> Answers
    );

    /// <summary>GET /v1/environments/{party}/declaration.</summary>
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/environments/{party}/declaration", Handle)
            .ForRole("spe-auditor", "spe-operator")
            .WithSummary("The newest declaration with its evidence")
            .ProducesProblem(401)
            .ProducesProblem(403)
            .ProducesProblem(404);

    private static async Task<Results<Ok<Response>, ProblemHttpResult>> Handle(
        string party,
        HttpContext http,
        SpeRegistryDb db,
        CancellationToken cancellationToken
    )
    {
        var environment = await db.Environments.AsNoTracking().SingleOrDefaultAsync(e => e.Party == party, cancellationToken);
        // An operator reads its own; an auditor all.
        if (environment is null || (!http.User.IsInRole("spe-auditor") && http.User.Org() != environment.Org))
        {
            return Problem.NotFound("declaration");
        }
        return await db.NewestDeclarationAsync(party, cancellationToken) is { } newest
            ? TypedResults.Ok(
                new Response(
                    party,
                    newest.Number,
                    newest.CriteriaVersion,
                    newest.DeclaredAt,
                    newest.Unmet(CriteriaFile.InForce),
                    newest.Read()
                )
            )
            : Problem.NotFound("declaration");
    }
}
