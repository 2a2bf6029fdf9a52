using System.Security.Claims;
using HealthDataNode.Permit.Domain;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Facts = HealthDataNode.Permit.Contracts.V1;

namespace HealthDataNode.Permit.Features;

/// <summary>A case officer asks the applicant, field by field; the clock stands still until the answer.</summary>
public static class RequestInformation
{
    /// <summary>What is asked.</summary>
    public sealed record Request(IReadOnlyList<Question> Questions);

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/cases/{id:guid}/information-requests", Handle)
            .ForRole("case-officer")
            .WithName("RequestInformation")
            .WithSummary("Ask the applicant for information; suspends the clock")
            .WithTags("Cases");

    private static async Task<Results<Ok<CaseView>, ProblemHttpResult>> Handle(
        Guid id,
        Request request,
        ClaimsPrincipal user,
        CaseAct act,
        HttpContext http,
        CancellationToken cancellationToken
    )
    {
        if (
            request.Questions.Count is 0 or > 50
            || request.Questions.Any(q =>
                q is null || Answers.Require("field", q.Field, 100) is not null || Answers.Require("comment", q.Comment) is not null
            )
        )
        {
            return Problem.Invalid(
                new Dictionary<string, string[]>
                {
                    ["questions"] = ["Ask 1 to 50 questions, each with the field it is about and a comment of 1 to 4000 characters."],
                }
            );
        }
        return await act.RunAsync(
            id,
            user,
            http,
            handled => handled.RequestInformation(request.Questions),
            (outbox, application, version) => outbox.Enqueue(new Facts.InformationRequested(application.Id, id, version, user.Sub())),
            cancellationToken
        );
    }
}
