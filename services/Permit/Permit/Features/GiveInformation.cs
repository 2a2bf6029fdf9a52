using System.Security.Claims;
using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Domain.Authorities;
using HealthDataNode.Permit.Domain.Fees;
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
    /// <summary>
    /// The answer in words, the whole corrected content where something changes, and the case that asked where several have.
    /// </summary>
    public sealed record Request(string Answer, ApplicationContent? Content = null, Guid? Case = null);

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/applications/{id:guid}/information", Handle)
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
        var invalid = Answers.Require("answer", request.Answer) ?? (request.Content is null ? null : Answers.Require(request.Content));
        if ((invalid ?? http.Precondition(application.Version)) is { } wrong)
        {
            return wrong;
        }
        IReadOnlyList<DescribedSource>? sources = null;
        if (request.Content is { } content && application.Cases is [var first, ..])
        {
            var profile = PolicyProfile.Named(first.Profile);
            try
            {
                var known = await neighbours.AskAsync(content, cancellationToken);
                var missing = Completeness.Check(content, application.Applicant, known, profile, register, application.SubmittedAt!.Value);
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
        var ruling = application.GiveInformation(request.Case, request.Answer, request.Content, sources, fees, time.GetUtcNow());
        if (ruling.Refusal is { } refusal)
        {
            return refusal.ToProblem();
        }
        var version = application.Version + ruling.Events.Count;
        outbox.Enqueue(new Facts.InformationGiven(id, ((InformationGiven)ruling.Events[0]).Case, version, user.Sub()));
        var fee = ruling.Events.OfType<FeeEstimated>().Single();
        outbox.Enqueue(new Facts.FeeEstimated(id, version, fee.Currency, fee.Lines.Sum(line => line.Amount)));
        if (await store.AppendAsync(application, id, user.Sub(), ruling.Events, cancellationToken) is not { } answered)
        {
            return Answers.ChangedMeanwhile();
        }
        http.SetTag(answered.Version);
        return TypedResults.Ok(ApplicationView.Of(answered));
    }
}
