using System.Diagnostics.Metrics;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Leases;
using HealthDataNode.Pseudonymisation.Contracts.V1;
using HealthDataNode.Pseudonymisation.Domain;
using HealthDataNode.Pseudonymisation.Persistence;
using HealthDataNode.ServiceDefaults.Messaging;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthDataNode.Pseudonymisation.Leases;

/// <summary>
/// Every permit key is held under a lease as long as it lives. The watch holds them, finishes shreddings that a crash or a
/// mirror that was away has cut, notes when a permit has ended, shreds the key of one under which nothing ever reached an
/// SPE (no proof would come), and raises an alarm when a key outlives the end by six months.
/// </summary>
internal sealed partial class WatchKeys : BackgroundService, IHealthCheck
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);
    private static readonly Meter Meter = new("HealthDataNode.Pseudonymisation");
    private readonly IServiceScopeFactory scopes;
    private readonly PermitLeases leases;
    private readonly TimeProvider time;
    private readonly ILogger<WatchKeys> logger;
    private readonly Dictionary<string, int> ends = new(StringComparer.Ordinal);
    private volatile int overdue;
    private volatile int unfinished;

    public WatchKeys(IServiceScopeFactory scopes, PermitLeases leases, TimeProvider time, ILogger<WatchKeys> logger)
    {
        (this.scopes, this.leases, this.time, this.logger) = (scopes, leases, time, logger);
        Meter.CreateObservableGauge(
            "pseudonymisation.keys.overdue",
            () => overdue,
            "{key}",
            "Permit keys that outlive six months after the end"
        );
        Meter.CreateObservableGauge("pseudonymisation.keys.unfinished", () => unfinished, "{key}", "Shreddings that wait for a mirror");
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(
            overdue + unfinished == 0
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Degraded(
                    $"{overdue} permit keys outlive six months after the end, {unfinished} shreddings wait for a mirror"
                )
        );

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
        var database = scope.ServiceProvider.GetRequiredService<PseudonymisationDb>();
        var living = await database.Lineages.Where(lineage => lineage.ShreddedAt == null).ToListAsync(cancellationToken);
        leases.KeepOnly([.. living.Select(lineage => lineage.Id)]);
        var now = time.GetUtcNow();
        foreach (var lineage in living)
        {
            lineage.EndsAt = await EndsAtAsync(database, lineage, cancellationToken) ?? lineage.EndsAt;
            leases.Hold(lineage.Id, lineage.Version, lineage.EndsAt);
            if (lineage.RevokedAt is null && leases.Of(lineage.Id) is { HasEnded: true, State: LineageStates.Revoked })
            {
                lineage.RevokedAt = now;
            }
        }
        var late = living.Where(lineage => KeyTerm.IsOver(lineage.RevokedAt, lineage.EndsAt, now)).ToList();
        foreach (var lineage in late.Where(lineage => lineage.OverdueAt is null))
        {
            lineage.OverdueAt = now;
            scope.ServiceProvider.GetRequiredService<IEventOutbox>().Enqueue(new KeyOverdue(lineage.Id, now));
            Overdue(lineage.Id);
        }
        // Nothing is written where nothing changed.
        await database.SaveChangesAsync(cancellationToken);
        overdue = late.Count;
        foreach (var lineage in living.Where(lineage => lineage.DeliveryKeyAt is null && leases.Of(lineage.Id).HasEnded))
        {
            await BeginShreddingAsync(lineage.Id, now, cancellationToken);
        }
        unfinished = await FinishAsync(cancellationToken);
    }

    private async Task BeginShreddingAsync(string id, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<PseudonymisationDb>();
        await using var transaction = await database.Database.BeginTransactionAsync(cancellationToken);
        await database.LockLineagesAsync(cancellationToken);
        await database
            .Lineages.Where(lineage => lineage.Id == id && lineage.ShreddedAt == null && lineage.DeliveryKeyAt == null)
            .ExecuteUpdateAsync(lineage => lineage.SetProperty(known => known.ShreddedAt, now), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    // Of the newest version that an order brought; nothing is read again while that is the one it was.
    private async Task<DateTimeOffset?> EndsAtAsync(PseudonymisationDb database, Lineage lineage, CancellationToken cancellationToken)
    {
        if (lineage.EndsAt is not null && ends.TryGetValue(lineage.Id, out var version) && version == lineage.Version)
        {
            return null;
        }
        var newest = await database
            .Orders.AsNoTracking()
            .Where(order => order.Lineage == lineage.Id)
            .OrderByDescending(order => order.PermitVersion)
            .FirstOrDefaultAsync(cancellationToken);
        ends[lineage.Id] = lineage.Version;
        return newest is null ? null : DateTimeOffset.FromUnixTimeSeconds(newest.ReadPermit().To);
    }

    private async Task<int> FinishAsync(CancellationToken cancellationToken)
    {
        List<string> begun;
        await using (var scope = scopes.CreateAsyncScope())
        {
            begun = await scope
                .ServiceProvider.GetRequiredService<PseudonymisationDb>()
                .Lineages.Where(lineage => lineage.ShreddedAt != null && lineage.ShredRecord == null)
                .Select(lineage => lineage.Id)
                .ToListAsync(cancellationToken);
        }
        var waiting = 0;
        foreach (var lineage in begun)
        {
            await using var scope = scopes.CreateAsyncScope();
            var away = await scope.ServiceProvider.GetRequiredService<Shredder>().FinishAsync(lineage, cancellationToken);
            waiting += away.Count > 0 ? 1 : 0;
        }
        return waiting;
    }

    [LoggerMessage(LogLevel.Warning, "Cannot look after permit keys now ({Reason})")]
    private partial void CannotLook(string reason);

    [LoggerMessage(LogLevel.Error, "The permit key of {Lineage} outlives six months after the end of its permit: shred it")]
    private partial void Overdue(string lineage);
}
