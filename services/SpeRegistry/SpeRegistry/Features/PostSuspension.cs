using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Messaging;
using HealthDataNode.SpeRegistry.Contracts.V1;
using HealthDataNode.SpeRegistry.Domain;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HealthDataNode.SpeRegistry.Features;

/// <summary>An auditor of another organisation stops an environment; nothing is delivered to it from then on.</summary>
public static class PostSuspension
{
    /// <param name="Reasons">Why.</param>
    public sealed record Request(string Reasons);

    /// <summary>POST /v1/environments/{party}/suspensions.</summary>
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/environments/{party}/suspensions", Handle)
            .ForRole("spe-auditor")
            .WithSummary("Suspend an environment until it is approved again")
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
        CancellationToken cancellationToken
    )
    {
        var (environment, declaration, problem) = await auditing.BeginAsync(party, request.Reasons, cancellationToken);
        if (problem is not null)
        {
            return problem;
        }
        if (
            await auditing.AddAsync(environment!, declaration!, RulingKind.Suspended, null, request.Reasons, cancellationToken) is
            { } ruling
        )
        {
            outbox.Enqueue(new EnvironmentSuspended(party, environment!.Version, ruling.RuledAt));
        }
        return await auditing.FinishAsync(environment!, cancellationToken);
    }
}
