using System.Security.Claims;
using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.ServiceDefaults.Idempotency;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Messaging;
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
        routes.MapPost("/cases/{id:guid}/decision", Handle)
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
        IEventOutbox outbox,
        TimeProvider time,
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
        var now = time.GetUtcNow();
        var ruling = application.Decide(official, request.Outcome, request.Reasons, now);
        if (ruling.Refusal is { } refusal)
        {
            return refusal.ToProblem();
        }
        var (issued, problem) = await permits.AfterAsync(application, official.Sub, ruling.Events, now, cancellationToken);
        if (problem is not null)
        {
            return problem;
        }
        IReadOnlyList<ApplicationEvent> events = issued is null ? ruling.Events : [.. ruling.Events, issued];
        outbox.Enqueue(
            new Facts.CaseDecided(
                application.Id,
                id,
                application.Version + events.Count,
                official.Sub,
                request.Outcome.ToText(),
                issued?.Permit.Lineage
            )
        );
        var decided = await store.AppendAsync(application, application.Id, official.Sub, events, cancellationToken, now);
        if (decided is null)
        {
            return Answers.ChangedMeanwhile();
        }
        var handled = decided.CaseOf(official.Authority)!;
        http.SetTag(handled.Version);
        return TypedResults.Ok(
            new CaseDecision(CaseView.Of(decided, handled, official: true), issued is null ? null : PermitView.Of(decided))
        );
    }
}

/// <summary>A decided case, and the version of the permit that it makes; none while an approval is missing.</summary>
public sealed record CaseDecision(CaseView Case, PermitView? Permit);
