using HealthDataNode.Gateway.Domain;
using HealthDataNode.Gateway.Persistence;
using HealthDataNode.Gateway.Storage;
using HealthDataNode.ServiceDefaults.Messaging;

namespace HealthDataNode.Gateway.Delivery;

/// <summary>Rejects an order: state and event first, then at once its key and files; the worker does the rest.</summary>
internal sealed partial class Rejecting(
    GatewayDb database,
    IEventOutbox outbox,
    UploadKeys keys,
    OrderFiles files,
    RunningOrders running,
    WorkSignal signal,
    TimeProvider time,
    ILogger<Rejecting> logger
)
{
    public async Task RejectAsync(Order order, Rejection rejection, CancellationToken cancellationToken)
    {
        outbox.Enqueue(order.Reject(rejection, time.GetUtcNow()));
        await database.SaveChangesAsync(cancellationToken);
        // The request in flight too. What is deleted beneath it is deleted again by the worker.
        await running
            .Cut(order.Id)
            .WaitAsync(TimeSpan.FromSeconds(1), cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        keys.Destroy(order.Id);
        files.Delete(order.Id);
        GatewayTelemetry.Rejections.Add(1, new KeyValuePair<string, object?>("code", rejection.Code));
        Rejected(order.Id, rejection.Code, rejection.Part, rejection.Line);
        signal.Pulse(order.Id);
    }

    [LoggerMessage(LogLevel.Warning, "Order {Order} is rejected: {Code}, part {Part}, line {Line}")]
    private partial void Rejected(string order, string code, int? part, long? line);
}
