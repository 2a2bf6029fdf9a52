using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.ServiceDefaults.Messaging;
using Microsoft.AspNetCore.Http.HttpResults;
using Facts = HealthDataNode.Permit.Contracts.V1;

namespace HealthDataNode.Permit.Features;

/// <summary>A decision taken back with what follows from it: the next version without its sources, the permit's end, or,
/// where nothing of it had entered a permit yet, nothing more.</summary>
internal sealed class TakeBack(ApplicationStore store, SignPermit permits, IEventOutbox outbox, TimeProvider time)
{
    public async Task<(Application? Revoked, ProblemHttpResult? Problem)> ByAsync(
        Application application,
        Case handled,
        Official official,
        string reasons,
        CancellationToken cancellationToken
    )
    {
        var ruling = application.Revoke(official, reasons);
        if (ruling.Refusal is { } refusal)
        {
            return (null, refusal.ToProblem());
        }
        var (now, permit, events) = (time.GetUtcNow(), application.Permit, ruling.Events);
        if (permit is not null && events is [.., PermitWithdrawn])
        {
            outbox.Enqueue(new Facts.PermitRevoked(permit.Lineage, permit.Version, official.Sub, now));
        }
        else
        {
            if (permit is not null && permits.Without(permit, handled.Sources, now) is { } issued)
            {
                events = [.. events, issued];
            }
            outbox.Enqueue(
                new Facts.DecisionRevoked(application.Id, handled.Id, application.Version + events.Count, official.Sub, permit?.Lineage)
            );
        }
        var revoked = await store.AppendAsync(application, application.Id, official.Sub, events, cancellationToken, now);
        return revoked is null ? (null, Answers.ChangedMeanwhile()) : (revoked, null);
    }
}
