using System.Security.Claims;
using HealthDataNode.ServiceDefaults.Identity;
using Microsoft.AspNetCore.Http.HttpResults;
using Facts = HealthDataNode.Permit.Contracts.V1;

namespace HealthDataNode.Permit.Features;

/// <summary>The time limit of the decision is extended, once and with reasons (EHDS 68(4)).</summary>
public static class ExtendTimeLimit
{
    /// <summary>Why.</summary>
    public sealed record Request(string Reasons);

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/cases/{id:guid}/extension", Handle)
            .ForRole("case-officer")
            .WithName("ExtendTimeLimit")
            .WithSummary("Extend the time limit of the decision, once")
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
            handled => handled.Extend(request.Reasons, time.GetUtcNow()),
            (outbox, application, version) => outbox.Enqueue(new Facts.TimeLimitExtended(application.Id, id, version, user.Sub())),
            cancellationToken
        );
    }
}
