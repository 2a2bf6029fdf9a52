using HealthDataNode.Gateway.Delivery;
using HealthDataNode.Permit.Contracts.V1;
using HealthDataNode.Protocol.Leases;
using HealthDataNode.ServiceDefaults.Messaging;

namespace HealthDataNode.Gateway.Consumers;

/// <summary>
/// A permit was revoked. The event makes it fast, never safe: what ends an order is Permit's signed answer, which is asked
/// for at once and would have come within a second anyway.
/// </summary>
internal sealed class PermitRevokedHandler(PermitLeases leases, WatchSignal signal) : IEventHandler<PermitRevoked>
{
    public Task HandleAsync(PermitRevoked message, ReceivedEvent received, CancellationToken cancellationToken)
    {
        leases.AskSoon();
        signal.PulseSoon();
        return Task.CompletedTask;
    }
}
