using System.Security.Claims;
using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Domain.Authorities;
using HealthDataNode.Permit.Domain.Fees;
using HealthDataNode.Permit.Domain.Policy;
using HealthDataNode.Permit.Neighbours;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.ServiceDefaults.Idempotency;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Messaging;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HealthDataNode.Permit.Features;

/// <summary>The applicant sends a complete application in; it becomes one case for each competent authority,
/// and the clocks of 68(4) start.</summary>
public static class SubmitApplication
{
    internal static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/applications/{id:guid}/submission", Handle)
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
        AuthorityRegister register,
        FeeRules fees,
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
        if (http.Precondition(application.Version) is { } stale)
        {
            return stale;
        }
        var (content, now) = (application.Content, time.GetUtcNow());
        if (application.Submit([], register, fees, profile, now).Refusal is { } refusal)
        {
            return refusal.ToProblem();
        }
        Surroundings known;
        try
        {
            known = await neighbours.AskAsync(content, cancellationToken);
        }
        catch (NeighbourAwayException away)
        {
            return away.ToProblem();
        }
        var missing = Completeness.Check(content, application.Applicant, known, profile, register, now);
        if (missing.Count > 0)
        {
            return missing.ToProblem();
        }
        var sources = Completeness.Describe(content, known, profile);
        var ruling = application.Submit(sources, register, fees, profile, now);
        var authorities = ruling.Events.OfType<CaseOpened>().Select(opened => opened.Authority).ToList();
        var version = application.Version + ruling.Events.Count;
        outbox.Enqueue(
            new Contracts.V1.ApplicationSubmitted(
                id,
                version,
                application.Applicant.Sub,
                application.Applicant.Org,
                content.Purpose!,
                [.. sources.Select(source => source.Source)],
                authorities[0],
                authorities
            )
        );
        var fee = ruling.Events.OfType<Domain.FeeEstimated>().Single();
        outbox.Enqueue(new Contracts.V1.FeeEstimated(id, version, fee.Currency, fee.Lines.Sum(line => line.Amount)));
        if (await store.AppendAsync(application, id, user.Sub(), ruling.Events, cancellationToken, now) is not { } submitted)
        {
            return Answers.ChangedMeanwhile();
        }
        http.SetTag(submitted.Version);
        return TypedResults.Ok(ApplicationView.Of(submitted));
    }
}
