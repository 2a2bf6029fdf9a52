using System.Security.Claims;
using HealthDataNode.Permit.Contracts.V1;
using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Domain.Policy;
using HealthDataNode.Permit.Neighbours;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.ServiceDefaults.Idempotency;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Messaging;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HealthDataNode.Permit.Features;

/// <summary>The applicant sends a complete application in; it becomes one case and the clock of 68(4) starts.</summary>
public static class SubmitApplication
{
    internal static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/applications/{id:guid}/submission", Handle)
            .ForRole("data-user")
            .RequireIdempotencyKey<PermitDb>()
            .WithName("SubmitApplication")
            .WithSummary("Submit an application (Idempotency-Key); refused with everything that is missing")
            .WithTags("Applications");

    private static async Task<Results<Ok<ApplicationView>, ProblemHttpResult>> Handle(
        Guid id,
        ClaimsPrincipal user,
        ApplicationStore store,
        Neighbourhood neighbours,
        PolicyProfile profile,
        IEventOutbox outbox,
        TimeProvider time,
        HttpContext http,
        CancellationToken cancellationToken
    )
    {
        var application = await store.LoadAsync(id, cancellationToken);
        if (application?.Applicant.Sub != user.Sub())
        {
            return Problem.NotFound("application");
        }
        if (http.Precondition(application) is { } stale)
        {
            return stale;
        }
        if (application.State != ApplicationState.Draft)
        {
            return application.Submit([], Guid.Empty, profile).Refusal!.ToProblem();
        }
        var content = application.Content;
        Surroundings known;
        try
        {
            known = await neighbours.AskAsync(content, cancellationToken);
        }
        catch (NeighbourAwayException away)
        {
            return away.ToProblem();
        }
        var missing = Completeness.Check(content, application.Applicant, known, profile, time.GetUtcNow());
        if (missing.Count > 0)
        {
            return missing.ToProblem();
        }
        var sources = Completeness.Describe(content, known, profile);
        var ruling = application.Submit(sources, Guid.CreateVersion7(), profile);
        outbox.Enqueue(
            new Contracts.V1.ApplicationSubmitted(
                id,
                application.Version + ruling.Events.Count,
                application.Applicant.Sub,
                application.Applicant.Org,
                content.Purpose!,
                [.. sources.Select(source => source.Source)],
                profile.Authority
            )
        );
        if (await store.AppendAsync(application, id, user.Sub(), ruling.Events, cancellationToken) is not { } submitted)
        {
            return Answers.ChangedMeanwhile();
        }
        http.SetTag(submitted.Version);
        return TypedResults.Ok(ApplicationView.Of(submitted, official: false));
    }
}
