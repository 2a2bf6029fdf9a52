using HealthDataNode.Gateway.Counterparts;
using HealthDataNode.Gateway.Domain;
using HealthDataNode.Gateway.Persistence;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Leases;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Messaging;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Gateway.Delivery;

/// <summary>
/// About once a second: holds the leases of all open orders and no others, ends the orders whose permit has ended or no
/// longer names their source, wherever they stand, and says once of an order that its holder is late (EHDS 60(2)). Events
/// only wake it earlier.
/// </summary>
internal sealed partial class WatchOrders(
    IServiceScopeFactory scopes,
    PermitLeases permits,
    SpeLeases environments,
    NewestPermits newest,
    PermitGate gate,
    RunningOrders running,
    WatchSignal signal,
    TimeProvider time,
    ILogger<WatchOrders> logger
) : BackgroundService
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await LookAsync(stoppingToken);
                await signal.WaitAsync(Poll, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception exception)
            {
                CannotLook(exception.GetType().Name);
                await Task.Delay(Poll, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var open = await OpenAsync(cancellationToken);
        permits.KeepOnly([.. open.Select(order => order.Lineage).Distinct()]);
        environments.KeepOnly([.. open.Select(order => order.Spe).Distinct()]);
        foreach (var spe in open.Select(order => order.Spe).Distinct())
        {
            environments.Hold(spe);
        }
        // Also those that another process of this service has ended.
        running.CutAllBut(open.Select(order => order.Id).ToHashSet());
        var now = time.GetUtcNow();
        // An order whose receipt is here is done but for its bookkeeping.
        foreach (var order in open.Where(order => order.Receipt is null))
        {
            try
            {
                await LookAtAsync(order, now, cancellationToken);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                // One order's fault must not keep the others from being ended.
                CannotLookAt(order.Id, exception.GetType().Name);
            }
        }
    }

    private async Task LookAtAsync(Order order, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (await EndingOfAsync(order, cancellationToken) is { } rejection)
        {
            await ChangeAsync(
                order.Id,
                (found, services) => services.GetRequiredService<Rejecting>().RejectAsync(found, rejection, cancellationToken),
                cancellationToken
            );
        }
        else if (order.IsLate(now))
        {
            await ChangeAsync(order.Id, (found, services) => SayLateAsync(found, services, now, cancellationToken), cancellationToken);
        }
    }

    private async Task<List<Order>> OpenAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<GatewayDb>();
        var open = await database
            .Orders.AsNoTracking()
            .Where(order => order.State != OrderState.Delivered && order.State != OrderState.Rejected)
            .ToListAsync(cancellationToken);
        var ids = open.Select(order => order.Lineage).Distinct().ToList();
        var lineages = await database.Lineages.AsNoTracking().Where(lineage => ids.Contains(lineage.Id)).ToListAsync(cancellationToken);
        foreach (var lineage in lineages)
        {
            var permit = newest.Learn(KeptDocument.Read<PermitDocument>(lineage.Document)).Payload;
            permits.Hold(lineage.Id, permit.Version, DateTimeOffset.FromUnixTimeSeconds(permit.To));
        }
        return open;
    }

    private async Task<Rejection?> EndingOfAsync(Order order, CancellationToken cancellationToken)
    {
        try
        {
            await gate.CheckNowAsync(order, cancellationToken);
            return null;
        }
        catch (OrderRefusedException refused)
        {
            return refused.Rejection;
        }
        catch (OrderPausedException)
        {
            return null;
        }
    }

    private static Task SayLateAsync(Order order, IServiceProvider services, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (!order.IsLate(now))
        {
            return Task.CompletedTask;
        }
        services.GetRequiredService<IEventOutbox>().Enqueue(order.SayLate(now));
        return services.GetRequiredService<GatewayDb>().SaveChangesAsync(cancellationToken);
    }

    // In a scope of its own, and not at all where somebody else was first: the next look sees what it is then.
    private async Task ChangeAsync(string id, Func<Order, IServiceProvider, Task> change, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<GatewayDb>();
        try
        {
            if (await database.Orders.SingleAsync(order => order.Id == id, cancellationToken) is { HasEnded: false, Receipt: null } order)
            {
                await change(order, scope.ServiceProvider);
            }
        }
        catch (DbUpdateConcurrencyException)
        {
            signal.PulseSoon();
        }
    }

    [LoggerMessage(LogLevel.Warning, "Cannot look after open orders now ({Reason})")]
    private partial void CannotLook(string reason);

    [LoggerMessage(LogLevel.Warning, "Cannot look at order {Order} now ({Reason})")]
    private partial void CannotLookAt(string order, string reason);
}
