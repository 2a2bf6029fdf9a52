using System.Security.Claims;
using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Domain.Authorities;
using HealthDataNode.Permit.Domain.Policy;
using HealthDataNode.Permit.Neighbours;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HealthDataNode.Permit.Features;

/// <summary>Tells an applicant before submission everything that is missing.</summary>
public static class CheckCompleteness
{
    /// <summary>Whether it can be submitted, and if not, why.</summary>
    public sealed record Response(bool Complete, IReadOnlyList<Finding> Missing);

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/applications/{id:guid}/completeness", Handle)
            .ForRole("data-user")
            .WithName("CheckCompleteness")
            .WithSummary("Everything that a draft lacks, at once")
            .WithTags("Applications");

    private static async Task<Results<Ok<Response>, ProblemHttpResult>> Handle(
        Guid id,
        ClaimsPrincipal user,
        ApplicationStore store,
        Neighbourhood neighbours,
        PolicyProfile profile,
        AuthorityRegister register,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var application = await store.LoadAsync(id, cancellationToken);
        if (application?.Applicant.Sub != user.Sub())
        {
            return Problem.NotFound("application");
        }
        try
        {
            var known = await neighbours.AskAsync(application.Content, cancellationToken);
            var missing = Completeness.Check(application.Content, application.Applicant, known, profile, register, time.GetUtcNow());
            return TypedResults.Ok(new Response(missing.Count == 0, missing));
        }
        catch (NeighbourAwayException away)
        {
            return away.ToProblem();
        }
    }
}
