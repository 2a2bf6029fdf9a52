using System.Security.Claims;
using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.ServiceDefaults.Messaging;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HealthDataNode.Permit.Features;

/// <summary>What every act of an official on a case has in common.</summary>
internal sealed class CaseAct(ApplicationStore store, IEventOutbox outbox)
{
    /// <summary>Reads the case, asks the rules, appends what happens with the event that tells of it.</summary>
    /// <param name="id">The case; another authority's is not found.</param>
    /// <param name="user">The official.</param>
    /// <param name="http">For <c>If-Match</c> and <c>ETag</c>.</param>
    /// <param name="act">The rules.</param>
    /// <param name="announce">Enqueues the event of the case's new version.</param>
    /// <param name="cancellationToken">Of the request.</param>
    public async Task<Results<Ok<CaseView>, ProblemHttpResult>> RunAsync(
        Guid id,
        ClaimsPrincipal user,
        HttpContext http,
        Func<Case, Ruling> act,
        Action<IEventOutbox, Application, int> announce,
        CancellationToken cancellationToken
    )
    {
        var official = user.ToOfficial();
        if (await store.LoadCaseAsync(id, official.Authority, cancellationToken) is not { } application)
        {
            return Problem.NotFound("case");
        }
        if (http.Precondition(application.CaseOf(official.Authority)!.Version) is { } stale)
        {
            return stale;
        }
        var ruling = application.ByOfficer(official, act);
        if (ruling.Refusal is { } refusal)
        {
            return refusal.ToProblem();
        }
        announce(outbox, application, application.Version + ruling.Events.Count);
        var acted = await store.AppendAsync(application, application.Id, official.Sub, ruling.Events, cancellationToken);
        if (acted is null)
        {
            return Answers.ChangedMeanwhile();
        }
        var handled = acted.CaseOf(official.Authority)!;
        http.SetTag(handled.Version);
        return TypedResults.Ok(CaseView.Of(acted, handled, official: true));
    }
}
