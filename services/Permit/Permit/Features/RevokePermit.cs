using System.Security.Claims;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Messaging;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Facts = HealthDataNode.Permit.Contracts.V1;

namespace HealthDataNode.Permit.Features;

/// <summary>The authority takes a permit back (EHDS 63(3)); the next state check says so.</summary>
public static class RevokePermit
{
    /// <summary>Why.</summary>
    public sealed record Request(string Reasons);

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/permits/{lineage}/revocation", Handle)
            .ForRole("decision-maker")
            .WithName("RevokePermit")
            .WithSummary("Revoke a permit with reasons")
            .WithTags("Permits");

    private static async Task<Results<Ok<PermitView>, ProblemHttpResult>> Handle(
        string lineage,
        Request request,
        ClaimsPrincipal user,
        ApplicationStore store,
        IEventOutbox outbox,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var official = user.ToOfficial();
        if (await store.LoadLineageAsync(lineage, official.Authority, cancellationToken) is not { } application)
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
        outbox.Enqueue(new Facts.PermitRevoked(lineage, application.Permit!.Version, official.Sub, time.GetUtcNow()));
        var revoked = await store.AppendAsync(application, application.Id, official.Sub, ruling.Events, cancellationToken);
        return revoked is null ? Answers.ChangedMeanwhile() : TypedResults.Ok(PermitView.Of(revoked)!);
    }
}
