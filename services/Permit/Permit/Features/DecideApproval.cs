using System.Security.Claims;
using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.ServiceDefaults.Idempotency;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Facts = HealthDataNode.Permit.Contracts.V1;

namespace HealthDataNode.Permit.Features;

/// <summary>
/// An approval that a source needs beside the decision of its case: by the ethics committee, or a dispensation from
/// confidentiality (NOR-12, NOR-13). Where it was the last thing missing, the next version of the permit is signed.
/// </summary>
public static class DecideApproval
{
    /// <summary>The decision, with its reasons, which are published.</summary>
    public sealed record Request(Outcome Outcome, string Reasons);

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/applications/{id:guid}/approvals/{kind}", Handle)
            .ForRole("ethics-committee", "decision-maker")
            .RequireIdempotencyKey<PermitDb>()
            .WithName("DecideApproval")
            .WithSummary("Give or refuse an approval (Idempotency-Key, If-Match), by the authority that the register names for it")
            .WithTags("Approvals");

    private static async Task<Results<Ok<ApprovalDecision>, ProblemHttpResult>> Handle(
        Guid id,
        string kind,
        Request request,
        ClaimsPrincipal user,
        ApplicationStore store,
        SignPermit permits,
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
        // The approval is of the application as it was read: a correction, or another's act on it, makes it stale.
        if ((Answers.Require("reasons", request.Reasons) ?? http.Precondition(application!.Version, required: true)) is { } wrong)
        {
            return wrong;
        }
        var (decided, problem) = await permits.DecideAsync(
            application!,
            official,
            _ => application!.Approve(official, kind, request.Outcome, request.Reasons),
            (outbox, version, lineage) =>
                outbox.Enqueue(new Facts.ApprovalDecided(id, version, official.Sub, kind, request.Outcome.ToText(), lineage)),
            cancellationToken
        );
        if (decided is null)
        {
            return problem!;
        }
        var approval = decided.Application.Approvals.Single(one => one.Required.Kind == kind);
        http.SetTag(decided.Application.Version);
        return TypedResults.Ok(new ApprovalDecision(ApprovalView.Of(approval, official.Authority), decided.Permit));
    }
}

/// <summary>A decided approval, and the version of the permit that it makes, if any.</summary>
public sealed record ApprovalDecision(ApprovalView Approval, PermitView? Permit);
