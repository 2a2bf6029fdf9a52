using System.Security.Claims;
using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Messaging;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Facts = HealthDataNode.Permit.Contracts.V1;

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
        SignPermit permits,
        IEventOutbox outbox,
        TimeProvider time,
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
        var ruling = application.Revoke(official, request.Reasons);
        if (ruling.Refusal is { } refusal)
        {
            return refusal.ToProblem();
        }
        var (now, permit, events) = (time.GetUtcNow(), application.Permit!, ruling.Events);
        if (events is [.., PermitWithdrawn])
        {
            outbox.Enqueue(new Facts.PermitRevoked(lineage, permit.Version, official.Sub, now));
        }
        else
        {
            if (permits.Without(permit, handled.Sources, now) is { } issued)
            {
                events = [.. events, issued];
            }
            outbox.Enqueue(
                new Facts.DecisionRevoked(application.Id, handled.Id, application.Version + events.Count, official.Sub, lineage)
            );
        }
        var revoked = await store.AppendAsync(application, application.Id, official.Sub, events, cancellationToken, now);
        return revoked is null ? Answers.ChangedMeanwhile() : TypedResults.Ok(PermitView.Of(revoked)!);
    }
}
