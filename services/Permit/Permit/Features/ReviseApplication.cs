using System.Security.Claims;
using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HealthDataNode.Permit.Features;

/// <summary>The applicant replaces the content of a draft.</summary>
public static class ReviseApplication
{
    internal static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapPut("/applications/{id:guid}", Handle)
            .ForRole("data-user")
            .WithName("ReviseApplication")
            .WithSummary("Replace the content of a draft (If-Match is honoured)")
            .WithTags("Applications");

    private static async Task<Results<Ok<ApplicationView>, ProblemHttpResult>> Handle(
        Guid id,
        ApplicationContent content,
        ClaimsPrincipal user,
        ApplicationStore store,
        HttpContext http,
        CancellationToken cancellationToken
    )
    {
        var application = await store.LoadAsync(id, cancellationToken);
        if (application?.Applicant.Sub != user.Sub())
        {
            return Problem.NotFound("application");
        }
        if ((Answers.Require(content) ?? http.Precondition(application.Version)) is { } wrong)
        {
            return wrong;
        }
        var ruling = application.Revise(content);
        if (ruling.Refusal is { } refusal)
        {
            return refusal.ToProblem();
        }
        if (await store.AppendAsync(application, id, user.Sub(), ruling.Events, cancellationToken) is not { } revised)
        {
            return Answers.ChangedMeanwhile();
        }
        http.SetTag(revised.Version);
        return TypedResults.Ok(ApplicationView.Of(revised));
    }
}
