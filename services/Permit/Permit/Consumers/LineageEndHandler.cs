using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.ServiceDefaults.Messaging;
using Facts = HealthDataNode.Pseudonymisation.Contracts.V1;

namespace HealthDataNode.Permit.Consumers;

/// <summary>
/// An ended lineage was deleted by its environment, then its key was shredded: both are told by Pseudonymisation, which
/// verified the first and did the second, and both stand in the public register.
/// </summary>
internal sealed class LineageEndHandler(ApplicationStore store) : IEventHandler<Facts.DeletionProved>, IEventHandler<Facts.KeyShredded>
{
    public Task HandleAsync(Facts.DeletionProved message, ReceivedEvent received, CancellationToken cancellationToken) =>
        RecordAsync(
            message.Lineage,
            received.Publisher,
            application => application.DeletedAt is null ? new DeletionProved(message.At) : null,
            cancellationToken
        );

    public Task HandleAsync(Facts.KeyShredded message, ReceivedEvent received, CancellationToken cancellationToken) =>
        RecordAsync(
            message.Lineage,
            received.Publisher,
            application => application.ShreddedAt is null ? new KeyShredded(message.At) : null,
            cancellationToken
        );

    private async Task RecordAsync(
        string lineage,
        string publisher,
        Func<Application, ApplicationEvent?> record,
        CancellationToken cancellationToken
    )
    {
        var application =
            await store.LoadLineageAsync(lineage, cancellationToken) ?? throw new InvalidOperationException("There is no such lineage.");
        if (record(application) is not { } happened)
        {
            return;
        }
        // Somebody else changed it in this moment: the message is tried again.
        _ =
            await store.AppendAsync(application, application.Id, publisher, [happened], cancellationToken)
            ?? throw new InvalidOperationException("Changed meanwhile.");
    }
}
