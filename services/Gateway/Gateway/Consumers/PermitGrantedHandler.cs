using System.Diagnostics;
using HealthDataNode.Gateway.Delivery;
using HealthDataNode.Gateway.Domain;
using HealthDataNode.Gateway.Persistence;
using HealthDataNode.Permit.Contracts.V1;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ServiceDefaults.Messaging;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace HealthDataNode.Gateway.Consumers;

/// <summary>
/// A permit was granted or amended: an order for each source that has none yet. What it no longer names, the watch ends. Only rows are written here; keys and
/// calls are the worker's, which goes on after a crash wherever it was.
/// </summary>
internal sealed class PermitGrantedHandler(
    GatewayDb database,
    TrustStore trust,
    WorkSignal signal,
    WatchSignal watch,
    TimeProvider time,
    IOptions<GatewayOptions> options
) : IEventHandler<PermitGranted>
{
    public async Task HandleAsync(PermitGranted message, ReceivedEvent received, CancellationToken cancellationToken)
    {
        // The event is a hint; what counts is the document's signature.
        var permit = trust.Verify<PermitDocument>(message.Document);
        var lineage = await database.Lineages.FindAsync([permit.Payload.Lineage], cancellationToken);
        if (lineage is not null && permit.Payload.Version < lineage.Version)
        {
            return;
        }
        Remember(lineage, LineageLedger.Next(lineage?.Head, permit), permit.Text);
        var ordered = await database
            .Orders.Where(order => order.Lineage == permit.Payload.Lineage)
            .Select(order => order.Source)
            .ToListAsync(cancellationToken);
        foreach (var source in permit.Payload.Sources.Where(source => !ordered.Contains(source.Source)))
        {
            database.Add(
                Order.Of(
                    PermittedSources.Of(permit, source),
                    attempt: 1,
                    time.GetUtcNow(),
                    TimeSpan.FromDays(options.Value.TermDays),
                    Activity.Current?.Id ?? received.TraceParent
                )
            );
        }
        signal.PulseSoon();
        // A source that this version no longer names has ended.
        watch.PulseSoon();
    }

    private void Remember(Lineage? known, LineageHead head, string document)
    {
        if (known is null)
        {
            database.Add(Lineage.Of(head, document));
        }
        else
        {
            (known.Version, known.Digest, known.Document) = (head.Version, head.Digest, document);
        }
    }
}
