using System.Security.Cryptography;
using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Domain.Policy;
using HealthDataNode.Permit.Neighbours;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ServiceDefaults.Messaging;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Facts = HealthDataNode.Permit.Contracts.V1;

namespace HealthDataNode.Permit.Features;

/// <summary>
/// Signs the next version of a permit when a decision brings sources in or takes them out. Whichever decision comes last,
/// that of the case or an approval, brings a source in (invariant 13).
/// </summary>
internal sealed class SignPermit(
    ApplicationStore store,
    Neighbourhood neighbours,
    DocumentSigner signer,
    IEventOutbox outbox,
    TimeProvider time
)
{
    /// <summary>A decision of a case or about an approval: the rules, the version that follows, both stored with their events.</summary>
    /// <param name="application">As it was read.</param>
    /// <param name="official">Who decides.</param>
    /// <param name="decide">The rules.</param>
    /// <param name="announce">The event of the decision, from the application's new version and the permit's lineage.</param>
    /// <param name="cancellationToken">Of the request.</param>
    public async Task<(Decided? Decided, ProblemHttpResult? Problem)> DecideAsync(
        Application application,
        Official official,
        Func<DateTimeOffset, Ruling> decide,
        Action<IEventOutbox, int, string?> announce,
        CancellationToken cancellationToken
    )
    {
        // One moment for all of it: what is signed says when it was decided.
        var now = time.GetUtcNow();
        var ruling = decide(now);
        if (ruling.Refusal is { } refusal)
        {
            return (null, refusal.ToProblem());
        }
        var (issued, problem) = await AfterAsync(application, official.Sub, ruling.Events, now, cancellationToken);
        if (problem is not null)
        {
            return (null, problem);
        }
        IReadOnlyList<ApplicationEvent> events = issued is null ? ruling.Events : [.. ruling.Events, issued];
        announce(outbox, application.Version + events.Count, issued?.Permit.Lineage);
        var decided = await store.AppendAsync(application, application.Id, official.Sub, events, cancellationToken, now);
        return decided is null
            ? (null, Answers.ChangedMeanwhile())
            : (new Decided(decided, issued is null ? null : PermitView.Of(decided)), null);
    }

    // What follows from events that are not stored yet: the version that they make, or none; or the problem.
    private async Task<(PermitIssued? Issued, ProblemHttpResult? Problem)> AfterAsync(
        Application application,
        string actor,
        IReadOnlyList<ApplicationEvent> events,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        var foreseen = application.Foresee(actor, now, events);
        var entering = foreseen.Entering;
        if (entering.Count == 0)
        {
            return (null, null);
        }
        if (PermitWriting.EndOf(foreseen) <= now)
        {
            return (
                null,
                Problem.Conflict("period-over", "The period asked for has ended", "Refuse; the applicant may apply for another period.")
            );
        }
        try
        {
            var spe = await neighbours.EnvironmentAsync(foreseen.Content.Spe!.Party, cancellationToken);
            var profile = PolicyProfile.Named(entering[0].Case.Profile);
            if ((spe is null ? "The registry has no such environment." : spe.WhyNot(profile, now)) is { } why)
            {
                return (null, Problem.Conflict("environment-not-approved", "The environment cannot be named now", why));
            }
            // 71(3), invariant 4: whoever has said no by now stays out of these sources, and the permit says so. Where this
            // attempt fails after it, the next one asks by another name: nobody is bound to a list of a decision that was not made.
            var list = await neighbours.OptOutListAsync(Guid.CreateVersion7(now), cancellationToken);
            return (
                Issue(
                    foreseen.Permit is null
                        ? PermitWriting.First(foreseen, NewLineage(), entering, list, spe!, profile, now)
                        : PermitWriting.With(foreseen, entering, list, spe!, profile, now)
                ),
                null
            );
        }
        catch (NeighbourAwayException away)
        {
            return (null, away.ToProblem());
        }
    }

    /// <summary>The version without sources for which something was taken back.</summary>
    /// <remarks>No neighbour is asked: what must end does not wait for anybody.</remarks>
    public PermitIssued Without(IssuedPermit permit, IReadOnlyList<CaseSource> leaving, DateTimeOffset now) =>
        Issue(PermitWriting.Without(permit, leaving, now));

    // Random, so that nothing about the case can be read from it; lower case, since it names directories.
    private static string NewLineage() => $"l-{RandomNumberGenerator.GetHexString(20, lowercase: true)}";

    private PermitIssued Issue(PermitDocument document)
    {
        var signed = signer.Sign(document);
        IReadOnlyList<string> sources = [.. document.Sources.Select(source => source.Source)];
        outbox.Enqueue(new Facts.PermitGranted(document.Lineage, document.Version, signed.Text, sources));
        return new PermitIssued(
            new IssuedPermit(
                document.Lineage,
                document.Version,
                signed.Digest,
                signed.Text,
                DateTimeOffset.FromUnixTimeSeconds(document.IssuedAt),
                DateTimeOffset.FromUnixTimeSeconds(document.From),
                DateTimeOffset.FromUnixTimeSeconds(document.To),
                document.Spe.Party,
                sources,
                document.Fee
            )
        );
    }
}

/// <summary>What was stored, and the version of the permit that the decision made, if any.</summary>
internal sealed record Decided(Application Application, PermitView? Permit);
