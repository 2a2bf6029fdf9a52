using HealthDataNode.Protocol.Leases;
using HealthDataNode.Pseudonymisation.Persistence;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Pseudonymisation.Leases;

/// <summary>Holds the leases of the permits whose orders are open here, and lets go of the others.</summary>
internal sealed partial class HoldOpenPermits(IServiceScopeFactory scopes, PermitLeases leases, ILogger<HoldOpenPermits> logger)
    : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                CannotLook(exception.GetType().Name);
            }
            await Task.Delay(Every, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var open = await scope
            .ServiceProvider.GetRequiredService<PseudonymisationDb>()
            .Orders.Where(order => order.State != "closed")
            .GroupBy(order => order.Lineage)
            .Select(orders => new { Lineage = orders.Key, Version = orders.Max(order => order.PermitVersion) })
            .ToListAsync(cancellationToken);
        leases.KeepOnly([.. open.Select(permit => permit.Lineage)]);
        open.ForEach(permit => leases.Hold(permit.Lineage, permit.Version));
    }

    [LoggerMessage(LogLevel.Warning, "Cannot look for open orders now ({Reason})")]
    private partial void CannotLook(string reason);
}
