using System.Security.Claims;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HealthDataNode.Permit.Features;

/// <summary>
/// An authority takes its own decision back (EHDS 63(3)): its sources leave the permit with the next version, and the
/// permit ends when no source is left. The next state check says so.
/// </summary>
public static class RevokePermit
{
    /// <summary>Why.</summary>
    public sealed record Request(string Reasons);

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/permits/{lineage}/revocation", Handle)
            .ForRole("decision-maker")
            .WithName("RevokePermit")
            .WithSummary("Revoke your authority's decision behind a permit, with reasons; others stand")
            .WithTags("Permits");

    private static async Task<Results<Ok<PermitView>, ProblemHttpResult>> Handle(
        string lineage,
        Request request,
        ClaimsPrincipal user,
        ApplicationStore store,
        TakeBack revoke,
        CancellationToken cancellationToken
    )
    {
        var official = user.ToOfficial();
        var application = await store.LoadLineageAsync(lineage, cancellationToken);
        if (application?.CaseOf(official.Authority) is not { } handled)
        {
            return Problem.NotFound("permit");
        }
        if (Answers.Require("reasons", request.Reasons) is { } missing)
        {
            return missing;
        }
        var (revoked, problem) = await revoke.DecisionAsync(application, handled, official, request.Reasons, cancellationToken);
        return revoked is null ? problem! : TypedResults.Ok(PermitView.Of(revoked)!);
    }
}
