using System.Security.Claims;
using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Domain.Policy;
using HealthDataNode.Permit.Neighbours;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Messaging;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Facts = HealthDataNode.Permit.Contracts.V1;

namespace HealthDataNode.Permit.Features;

/// <summary>The applicant answers, if need be with a corrected application, which must be complete again.</summary>
public static class GiveInformation
{
    /// <summary>The answer in words, and the whole corrected content where something changes.</summary>
    public sealed record Request(string Answer, ApplicationContent? Content = null);

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/applications/{id:guid}/information", Handle)
            .ForRole("data-user")
            .WithName("GiveInformation")
            .WithSummary("Answer the authority's questions; the clock goes on")
            .WithTags("Applications");

    private static async Task<Results<Ok<ApplicationView>, ProblemHttpResult>> Handle(
        Guid id,
        Request request,
        ClaimsPrincipal user,
        ApplicationStore store,
        Neighbourhood neighbours,
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
        var invalid =
            Answers.Require("answer", request.Answer) ?? (request.Content is null ? null : Answers.Require(request.Content));
        if ((invalid ?? http.Precondition(application)) is { } wrong)
        {
            return wrong;
        }
        IReadOnlyList<DescribedSource>? sources = null;
        if (request.Content is { } content && application.Case is { } handled)
        {
            var profile = PolicyProfile.Named(handled.Profile);
            try
            {
                var known = await neighbours.AskAsync(content, cancellationToken);
                var missing = Completeness.Check(content, application.Applicant, known, profile, time.GetUtcNow());
                if (missing.Count > 0)
                {
                    return missing.ToProblem();
                }
                sources = Completeness.Describe(content, known, profile);
            }
            catch (NeighbourAwayException away)
            {
                return away.ToProblem();
            }
        }
        var ruling = application.GiveInformation(request.Answer, request.Content, sources, time.GetUtcNow());
        if (ruling.Refusal is { } refusal)
        {
            return refusal.ToProblem();
        }
        outbox.Enqueue(new Facts.InformationGiven(id, application.Case!.Id, application.Version + 1, user.Sub()));
        if (await store.AppendAsync(application, id, user.Sub(), ruling.Events, cancellationToken) is not { } answered)
        {
            return Answers.ChangedMeanwhile();
        }
        http.SetTag(answered.Version);
        return TypedResults.Ok(ApplicationView.Of(answered, official: false));
    }
}
