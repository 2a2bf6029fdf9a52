using System.Security.Claims;
using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HealthDataNode.Permit.Features;

/// <summary>A data user stores a draft; anything may still be missing.</summary>
public static class DraftApplication
{
    internal static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/applications", Handle)
            .ForRole("data-user")
            .WithName("DraftApplication")
            .WithSummary("Store a draft of an application")
            .WithTags("Applications");

    private static async Task<Results<Created<ApplicationView>, ProblemHttpResult>> Handle(
        ApplicationContent content,
        ClaimsPrincipal user,
        ApplicationStore store,
        HttpContext http,
        CancellationToken cancellationToken
    )
    {
        if (user.Org() is not { Length: > 0 } org)
        {
            // A role counts only within an organisation.
            return Problem.Forbidden("no-organisation", "You act for no organisation", "Sign in for an organisation.");
        }
        if (Answers.Require(content) is { } wrong)
        {
            return wrong;
        }
        var id = Guid.CreateVersion7();
        var drafted = new ApplicationDrafted(new Applicant(user.Sub(), org), content);
        if (await store.AppendAsync(null, id, user.Sub(), [drafted], cancellationToken) is not { } application)
        {
            return Answers.ChangedMeanwhile();
        }
        http.SetTag(application.Version);
        // Relative, so that it is right behind the Edge too.
        return TypedResults.Created($"applications/{id}", ApplicationView.Of(application));
    }
}
