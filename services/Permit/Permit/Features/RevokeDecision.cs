using System.Security.Claims;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HealthDataNode.Permit.Features;

/// <summary>
/// An authority takes its decision of a case back (EHDS 63(3)), also while its sources wait for an approval and no permit
/// names them: they will not enter one.
/// </summary>
public static class RevokeDecision
{
    /// <summary>Why.</summary>
    public sealed record Request(string Reasons);

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/cases/{id:guid}/revocation", Handle)
            .ForRole("decision-maker")
            .WithName("RevokeDecision")
            .WithSummary("Revoke your authority's decision of a case, with reasons, whether or not its sources are in a permit yet")
            .WithTags("Cases");

    private static async Task<Results<Ok<CaseView>, ProblemHttpResult>> Handle(
        Guid id,
        Request request,
        ClaimsPrincipal user,
        ApplicationStore store,
        TakeBack revoke,
        HttpContext http,
        CancellationToken cancellationToken
    )
    {
        var official = user.ToOfficial();
        if (await store.LoadCaseAsync(id, official.Authority, cancellationToken) is not { } application)
        {
            return Problem.NotFound("case");
        }
        if (Answers.Require("reasons", request.Reasons) is { } missing)
        {
            return missing;
        }
        var handled = application.CaseOf(official.Authority)!;
        var (revoked, problem) = await revoke.DecisionAsync(application, handled, official, request.Reasons, cancellationToken);
        if (revoked is null)
        {
            return problem!;
        }
        var after = revoked.CaseOf(official.Authority)!;
        http.SetTag(after.Version);
        return TypedResults.Ok(CaseView.Of(revoked, after, official: true));
    }
}
