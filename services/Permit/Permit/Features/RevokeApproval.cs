using System.Security.Claims;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Facts = HealthDataNode.Permit.Contracts.V1;

namespace HealthDataNode.Permit.Features;

/// <summary>
/// The authority that gave an approval takes it back (NOR-13): no source that needs it enters a permit any more (invariant
/// 13), and those that did leave it as if their decision were revoked (EHDS 63(3)).
/// </summary>
public static class RevokeApproval
{
    /// <summary>Why.</summary>
    public sealed record Request(string Reasons);

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/applications/{id:guid}/approvals/{kind}/revocation", Handle)
            .ForRole("ethics-committee", "decision-maker")
            .WithName("RevokeApproval")
            .WithSummary("Revoke an approval that your authority gave, with reasons, whether or not a permit stands on it yet")
            .WithTags("Approvals");

    private static async Task<Results<Ok<ApprovalDecision>, ProblemHttpResult>> Handle(
        Guid id,
        string kind,
        Request request,
        ClaimsPrincipal user,
        ApplicationStore store,
        TakeBack revoke,
        HttpContext http,
        CancellationToken cancellationToken
    )
    {
        var official = user.ToOfficial();
        var application = await store.LoadAsync(id, cancellationToken);
        if (user.ApprovalOf(application, kind) is null)
        {
            return Problem.NotFound("approval");
        }
        if (Answers.Require("reasons", request.Reasons) is { } missing)
        {
            return missing;
        }
        var (revoked, problem) = await revoke.ByAsync(
            application!,
            official,
            application!.RevokeApproval(official, kind, request.Reasons),
            request.Reasons,
            (outbox, version, lineage) => outbox.Enqueue(new Facts.ApprovalRevoked(id, version, official.Sub, kind, lineage)),
            cancellationToken
        );
        if (revoked is null)
        {
            return problem!;
        }
        http.SetTag(revoked.Version);
        return TypedResults.Ok(
            new ApprovalDecision(ApprovalView.Of(user.ApprovalOf(revoked, kind)!, official.Authority), PermitView.Of(revoked))
        );
    }
}
