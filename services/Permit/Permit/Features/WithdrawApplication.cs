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

/// <summary>The applicant takes the application back before the last decision (EHDS 62(5), DAAMS-035), without saying why.</summary>
public static class WithdrawApplication
{
    internal static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/applications/{id:guid}/withdrawal", Handle)
            .ForRole("data-user")
            .RequireIdempotencyKey<PermitDb>()
            .WithName("WithdrawApplication")
            .WithSummary("Withdraw an application (Idempotency-Key, If-Match): its open cases end, what was granted stands")
            .WithTags("Applications");

    private static async Task<Results<Ok<ApplicationView>, ProblemHttpResult>> Handle(
        Guid id,
        ClaimsPrincipal user,
        ApplicationStore store,
        IEventOutbox outbox,
        HttpContext http,
        CancellationToken cancellationToken
    )
    {
        var application = await store.LoadAsync(id, cancellationToken);
        if (application?.Applicant.Sub != user.Sub())
        {
            return Problem.NotFound("application");
        }
        // Somebody may have decided meanwhile: what is taken back is what was read.
        if (http.Precondition(application.Version, required: true) is { } stale)
        {
            return stale;
        }
        var ruling = application.Withdraw();
        if (ruling.Refusal is { } refusal)
        {
            return refusal.ToProblem();
        }
        var cases = ((ApplicationWithdrawn)ruling.Events[0]).Cases;
        outbox.Enqueue(new Facts.ApplicationWithdrawn(id, application.Version + 1, user.Sub(), cases));
        if (await store.AppendAsync(application, id, user.Sub(), ruling.Events, cancellationToken) is not { } withdrawn)
        {
            return Answers.ChangedMeanwhile();
        }
        http.SetTag(withdrawn.Version);
        return TypedResults.Ok(ApplicationView.Of(withdrawn));
    }
}
