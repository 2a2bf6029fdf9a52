using HealthDataNode.Audit.Domain;
using HealthDataNode.Audit.Persistence;
using HealthDataNode.ServiceDefaults.Messaging;

namespace HealthDataNode.Audit.Consumers;

/// <summary>Every event of every service becomes an entry.</summary>
public sealed class EveryEvent(Chain chain) : IRawEventHandler
{
    /// <inheritdoc />
    public Task HandleAsync(ReceivedEvent received, CancellationToken cancellationToken) =>
        chain.AppendAsync(
            new Fact(
                received.Publisher,
                received.Number > 0 ? received.Number : null,
                received.MessageId,
                received.Contract,
                received.OccurredAt,
                received.Payload
            ),
            cancellationToken
        );
}
