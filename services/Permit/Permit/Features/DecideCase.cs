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
/// Another person than the preparer decides. Where that brings sources in, the next version of the permit is signed and
/// stored, and its event enqueued, in the same transaction as the decision.
/// </summary>
public static class DecideCase
{
    /// <summary>The decision, with its reasons, which are published.</summary>
    public sealed record Request(Outcome Outcome, string Reasons);

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/cases/{id:guid}/decision", Handle)
            .ForRole("decision-maker")
            .RequireIdempotencyKey<PermitDb>()
            .WithName("DecideCase")
            .WithSummary("Grant or refuse (Idempotency-Key, If-Match); never by the preparer")
            .WithTags("Cases");

    private static async Task<Results<Ok<CaseDecision>, ProblemHttpResult>> Handle(
        Guid id,
        Request request,
        ClaimsPrincipal user,
        ApplicationStore store,
        SignPermit permits,
        HttpContext http,
        CancellationToken cancellationToken
    )
    {
        var official = user.ToOfficial();
        if (await store.LoadCaseAsync(id, official.Authority, cancellationToken) is not { } application)
        {
            return Problem.NotFound("case");
        }
        var version = application.CaseOf(official.Authority)!.Version;
        if ((Answers.Require("reasons", request.Reasons) ?? http.Precondition(version, required: true)) is { } wrong)
        {
            return wrong;
        }
        var (decided, problem) = await permits.DecideAsync(
            application,
            official,
            now => application.Decide(official, request.Outcome, request.Reasons, now),
            (outbox, newVersion, lineage) =>
                outbox.Enqueue(new Facts.CaseDecided(application.Id, id, newVersion, official.Sub, request.Outcome.ToText(), lineage)),
            cancellationToken
        );
        if (decided is null)
        {
            return problem!;
        }
        var handled = decided.Application.CaseOf(official.Authority)!;
        http.SetTag(handled.Version);
        return TypedResults.Ok(new CaseDecision(CaseView.Of(decided.Application, handled, official: true), decided.Permit));
    }
}

/// <summary>A decided case, and the version of the permit that it makes; none while an approval is missing.</summary>
public sealed record CaseDecision(CaseView Case, PermitView? Permit);
