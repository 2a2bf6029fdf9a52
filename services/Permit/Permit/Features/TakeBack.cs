using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.ServiceDefaults.Messaging;
using Microsoft.AspNetCore.Http.HttpResults;
using Facts = HealthDataNode.Permit.Contracts.V1;

namespace HealthDataNode.Permit.Features;

/// <summary>
/// A decision or an approval taken back with what follows from it (EHDS 63(3)): the permit's next version without the
/// sources that it carried, the permit's end where none is left, or, where none was in a permit yet, nothing more.
/// </summary>
internal sealed class TakeBack(ApplicationStore store, SignPermit permits, IEventOutbox outbox, TimeProvider time)
{
    /// <summary>Appends what the rules say with its consequence.</summary>
    /// <param name="application">As it was read.</param>
    /// <param name="official">Who takes back.</param>
    /// <param name="ruling">The rules.</param>
    /// <param name="reasons">Why, as the permit's end says it too.</param>
    /// <param name="announce">The event, from the application's new version and the permit's lineage.</param>
    /// <param name="cancellationToken">Of the request.</param>
    public async Task<(Application? Revoked, ProblemHttpResult? Problem)> ByAsync(
        Application application,
        Official official,
        Ruling ruling,
        string reasons,
        Action<IEventOutbox, int, string?> announce,
        CancellationToken cancellationToken
    )
    {
        if (ruling.Refusal is { } refusal)
        {
            return (null, refusal.ToProblem());
        }
        var (now, permit, events) = (time.GetUtcNow(), application.Permit, ruling.Events);
        var leaving = application.Foresee(official.Sub, now, events).Leaving;
        if (leaving.Count > 0 && leaving.Count == permit!.Sources.Count)
        {
            events = [.. events, new PermitWithdrawn(reasons)];
            outbox.Enqueue(new Facts.PermitRevoked(permit.Lineage, permit.Version, official.Sub, now));
        }
        else if (leaving.Count > 0)
        {
            events = [.. events, permits.Without(permit!, leaving, now)];
        }
        announce(outbox, application.Version + events.Count, permit?.Lineage);
        var revoked = await store.AppendAsync(application, application.Id, official.Sub, events, cancellationToken, now);
        return revoked is null ? (null, Answers.ChangedMeanwhile()) : (revoked, null);
    }

    /// <summary>An authority takes its decision of a case back.</summary>
    /// <inheritdoc cref="ByAsync"/>
    public Task<(Application? Revoked, ProblemHttpResult? Problem)> DecisionAsync(
        Application application,
        Case handled,
        Official official,
        string reasons,
        CancellationToken cancellationToken
    ) =>
        ByAsync(
            application,
            official,
            application.Revoke(official, reasons),
            reasons,
            (outbox, version, lineage) =>
                outbox.Enqueue(new Facts.DecisionRevoked(application.Id, handled.Id, version, official.Sub, lineage)),
            cancellationToken
        );
}
