using HealthDataNode.Protocol;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.ReferenceSpe.Rooms;
using HealthDataNode.ReferenceSpe.State;

namespace HealthDataNode.ReferenceSpe.Ingress;

/// <summary>Opens deliveries one after another; goes on where it stood, whenever it was killed.</summary>
internal sealed class OpenDeliveries(
    Deliveries deliveries,
    OpenDelivery open,
    DeliveryArrived arrived,
    RoomLeases leases,
    TimeProvider time,
    ILogger<OpenDeliveries> log
) : BackgroundService
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);
    private readonly Dictionary<string, (int Failures, DateTimeOffset NotBefore)> failed = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            foreach (var delivery in deliveries.Unfinished())
            {
                // Without a good lease nothing comes in; it goes on when there is one.
                using var whileOpen = leases.WhileOpen(delivery.Lineage, stoppingToken);
                if (whileOpen.IsCancellationRequested)
                {
                    continue;
                }

                if (!failed.TryGetValue(delivery.OrderId, out var before) || before.NotBefore <= time.GetUtcNow())
                {
                    await TryAsync(delivery, whileOpen.Token, stoppingToken);
                }
            }

            await arrived.Pulse.WaitAsync(stoppingToken);
        }
    }

    private async Task TryAsync(Delivery delivery, CancellationToken whileOpen, CancellationToken stoppingToken)
    {
        using var activity = Telemetry.Continue("open delivery", delivery.TraceParent);
        try
        {
            await open.RunAsync(delivery, whileOpen);
            failed.Remove(delivery.OrderId);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException) when (whileOpen.IsCancellationRequested)
        {
            // The lease ran out in its midst: nothing of it stands in the table, and it begins anew.
        }
        catch (Exception exception) when (exception is ProtocolException or DocumentRefusedException)
        {
            // It is not what was announced, and will not be when it is read again.
            var code = exception is ProtocolException protocol ? protocol.Code : ((DocumentRefusedException)exception).Refusal.ToString();
            open.Discard(delivery);
            deliveries.Refuse(delivery, code);
            log.LogError("The delivery of order {Order} was refused: {Code}", delivery.OrderId, code);
        }
#pragma warning disable CA1031 // A worker that ends opens nothing any more; what failed is tried again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            var failures = failed.GetValueOrDefault(delivery.OrderId).Failures + 1;
            var wait = TimeSpan.FromMilliseconds(Math.Min(LongestWait.TotalMilliseconds, 250L << Math.Min(failures, 8)));
            failed[delivery.OrderId] = (failures, time.GetUtcNow() + wait);

            // DuckDB's texts can hold cells: the kind alone.
            log.LogWarning("Order {Order} could not be opened yet: {Kind}", delivery.OrderId, exception.GetType().Name);
        }
    }
}
