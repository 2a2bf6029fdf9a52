using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Messaging;
using HealthDataNode.ServiceDefaults.Problems;
using HealthDataNode.SpeRegistry.Contracts.V1;
using HealthDataNode.SpeRegistry.Criteria;
using HealthDataNode.SpeRegistry.Domain;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HealthDataNode.SpeRegistry.Features;

/// <summary>An auditor of another organisation approves the newest declaration until a moment. EHDS 73(3).</summary>
public static class PostApproval
{
    // Measures age: five years is as long as anybody may promise.
    private const int LongestYears = 5;

    /// <param name="Until">End of the approval, exclusive.</param>
    /// <param name="Reasons">Why.</param>
    public sealed record Request(DateTimeOffset Until, string Reasons);

    /// <summary>POST /v1/environments/{party}/approvals.</summary>
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/environments/{party}/approvals", Handle)
            .ForRole("spe-auditor")
            .WithSummary("Approve the newest declaration until a moment")
            .ProducesProblem(400)
            .ProducesProblem(401)
            .ProducesProblem(403)
            .ProducesProblem(404)
            .ProducesProblem(409);

    private static async Task<Results<Ok<EnvironmentView>, ProblemHttpResult>> Handle(
        string party,
        Request request,
        Auditing auditing,
        IEventOutbox outbox,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var (environment, declaration, problem) = await auditing.BeginAsync(party, request.Reasons, cancellationToken);
        if (problem is not null)
        {
            return problem;
        }
        // As PostgreSQL keeps it: microseconds, UTC.
        var until = new DateTimeOffset(request.Until.UtcTicks - (request.Until.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
        var now = time.GetUtcNow();
        if (until <= now || until > now.AddYears(LongestYears))
        {
            return Problem.Invalid(
                new Dictionary<string, string[]> { ["until"] = [$"must be after now and at most {LongestYears} years away"] }
            );
        }
        if (declaration!.Unmet(CriteriaFile.InForce) is { Count: > 0 } unmet)
        {
            return Problem.Conflict(
                "required-criteria-not-met",
                "Required criteria are not met",
                $"The operator must meet and declare: {string.Join(", ", unmet)}."
            );
        }
        if (
            await auditing.AddAsync(environment!, declaration, RulingKind.Approved, until, request.Reasons, cancellationToken) is { } ruling
        )
        {
            outbox.Enqueue(new EnvironmentApproved(party, environment!.Version, declaration.Number, until, ruling.RuledAt));
        }
        return await auditing.FinishAsync(environment!, cancellationToken);
    }
}
