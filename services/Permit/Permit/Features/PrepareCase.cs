using System.Security.Claims;
using HealthDataNode.Permit.Domain;
using HealthDataNode.ServiceDefaults.Identity;
using Microsoft.AspNetCore.Http.HttpResults;
using Facts = HealthDataNode.Permit.Contracts.V1;

namespace HealthDataNode.Permit.Features;

/// <summary>A case officer proposes an outcome; somebody else decides.</summary>
public static class PrepareCase
{
    /// <summary>The proposal.</summary>
    public sealed record Request(Outcome Outcome, string Reasons);

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/cases/{id:guid}/preparation", Handle)
            .ForRole("case-officer")
            .WithName("PrepareCase")
            .WithSummary("Propose an outcome with reasons")
            .WithTags("Cases");

    private static async Task<Results<Ok<CaseView>, ProblemHttpResult>> Handle(
        Guid id,
        Request request,
        ClaimsPrincipal user,
        CaseAct act,
        TimeProvider time,
        HttpContext http,
        CancellationToken cancellationToken
    )
    {
        if (Answers.Require("reasons", request.Reasons) is { } missing)
        {
            return missing;
        }
        return await act.RunAsync(
            id,
            user,
            http,
            handled => handled.Prepare(request.Outcome, request.Reasons, time.GetUtcNow()),
            (outbox, application, version) =>
                outbox.Enqueue(new Facts.CasePrepared(application.Id, id, version, user.Sub(), request.Outcome.ToText())),
            cancellationToken
        );
    }
}
