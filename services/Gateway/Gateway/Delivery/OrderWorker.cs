using System.Collections.Concurrent;
using System.Diagnostics;
using HealthDataNode.Gateway.Counterparts;
using HealthDataNode.Gateway.Domain;
using HealthDataNode.Gateway.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;

namespace HealthDataNode.Gateway.Delivery;

/// <summary>
/// Drives every open order by its state. A step may be cut off anywhere and is then done again: what it does outside
/// the database is repeatable, and the database says what was finished. One process at a time drives an order.
/// </summary>
internal sealed partial class OrderWorker(
    IServiceScopeFactory scopes,
    NpgsqlDataSource connections,
    WorkSignal signal,
    PermitGate permits,
    SpeDirectory directory,
    RunningOrders orders,
    TimeProvider time,
    IOptions<GatewayOptions> options,
    ILogger<OrderWorker> logger
) : BackgroundService
{
    private const int Paused = -1;
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    // A lease is looked at in memory: whether it is back costs nothing.
    private static readonly TimeSpan WhilePaused = TimeSpan.FromSeconds(0.5);
    private readonly ConcurrentDictionary<string, Task> running = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Delay> delays = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                foreach (var order in await DueAsync(stoppingToken))
                {
                    if (running.Count < options.Value.Workers && MayRun(order))
                    {
                        running[order] = Task.Run(() => DriveAsync(order, stoppingToken), CancellationToken.None);
                    }
                }
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
        await Task.WhenAll(running.Values);
    }

    private bool MayRun(string order)
    {
        if (running.ContainsKey(order))
        {
            return false;
        }
        if (signal.IsUrgent(order))
        {
            delays.TryRemove(order, out _);
        }
        return !delays.TryGetValue(order, out var delay) || time.GetElapsedTime(delay.Since) >= delay.For;
    }

    private async Task<List<string>> DueAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await scope
            .ServiceProvider.GetRequiredService<GatewayDb>()
            .Orders.Where(order =>
                order.State == OrderState.Issuing
                || order.State == OrderState.Closed
                || order.State == OrderState.Preparing
                || order.State == OrderState.Delivering
                || (order.State == OrderState.Rejected && order.ErasedAt == null)
            )
            .OrderBy(order => order.Id)
            .Select(order => order.Id)
            .ToListAsync(cancellationToken);
    }

    private async Task DriveAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            await using var exclusive = await connections.OpenConnectionAsync(cancellationToken);
            if (!await LockAsync(exclusive, id, cancellationToken))
            {
                return;
            }
            try
            {
                while (await StepAsync(id, cancellationToken) is var next && next != Next.Wait)
                {
                    delays.TryRemove(id, out _);
                    if (next == Next.Done)
                    {
                        return;
                    }
                }
                // Nothing to do before the other side moves; a pulse comes when it does.
                delays[id] = new(time.GetTimestamp(), TimeSpan.FromSeconds(options.Value.ManifestAgainSeconds), 0);
            }
            finally
            {
                await UnlockAsync(exclusive, id);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopping: the state says where to go on.
        }
        catch (OrderPausedException paused)
        {
            if (!delays.TryGetValue(id, out var before) || before.Failures != Paused)
            {
                Waits(id, paused.Message);
            }
            delays[id] = new(time.GetTimestamp(), WhilePaused, Paused);
        }
        catch (Exception exception)
        {
            var failures = delays.TryGetValue(id, out var delay) ? Math.Max(0, delay.Failures) + 1 : 1;
            var wait = TimeSpan.FromSeconds(Math.Min(5, 0.25 * Math.Pow(2, failures)));
            delays[id] = new(time.GetTimestamp(), wait, failures);
            NotNow(id, exception.GetType().Name, failures);
        }
        finally
        {
            running.TryRemove(id, out _);
            signal.PulseSoon();
        }
    }

    private async Task<Next> StepAsync(string id, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<GatewayDb>();
        var order = await database.Orders.SingleAsync(order => order.Id == id, cancellationToken);
        using var activity = GatewayTelemetry.Source.StartActivity($"order {order.State.Text()}", ActivityKind.Internal, order.TraceParent);
        activity?.SetTag("order.id", order.Id);
        try
        {
            var services = scope.ServiceProvider;
            return order.State switch
            {
                OrderState.Issuing => await services.GetRequiredService<IssueOrder>().RunAsync(order, cancellationToken),
                OrderState.Closed or OrderState.Preparing => await UnderLeasesAsync(
                    order,
                    may => services.GetRequiredService<PrepareDelivery>().RunAsync(order, may),
                    cancellationToken
                ),
                OrderState.Delivering when order.Receipt is null => await UnderLeasesAsync(
                    order,
                    may => services.GetRequiredService<PushDelivery>().RunAsync(order, may),
                    cancellationToken
                ),
                OrderState.Delivering => await services.GetRequiredService<CompleteDelivery>().RunAsync(order, cancellationToken),
                OrderState.Rejected => await services.GetRequiredService<EraseOrder>().RunAsync(order, cancellationToken),
                _ => Next.Done,
            };
        }
        catch (OrderRefusedException refused)
        {
            activity?.SetTag("rejection.code", refused.Rejection.Code);
            await RejectAsync(id, refused.Rejection, cancellationToken);
            return Next.Again;
        }
    }

    // Nothing of a permit that is not in force goes towards an SPE, and nothing towards one that is not approved: not
    // from the second on at which the lease ends, wherever the step is then (architecture §9, rows 1 and 12).
    private async Task<Next> UnderLeasesAsync(Order order, Func<CancellationToken, Task<Next>> step, CancellationToken cancellationToken)
    {
        await permits.RequireInForceAsync(order, cancellationToken);
        await directory.RequireLeaseAsync(order.Spe, cancellationToken);
        using var turn = orders.Enter(order.Id);
        using var may = orders.While(order, turn, cancellationToken);
        try
        {
            return await step(may.Token);
        }
        catch (Exception) when (may.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new OrderPausedException("A lease lapsed while it ran.");
        }
    }

    // In a scope of its own: what the refused step had changed is dropped.
    private async Task RejectAsync(string id, Rejection rejection, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<GatewayDb>();
        var order = await database.Orders.SingleAsync(order => order.Id == id, cancellationToken);
        await scope.ServiceProvider.GetRequiredService<Rejecting>().RejectAsync(order, rejection, cancellationToken);
    }

    private static async Task<bool> LockAsync(NpgsqlConnection connection, string order, CancellationToken cancellationToken)
    {
        await using var take = new NpgsqlCommand("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", connection);
        take.Parameters.AddWithValue(order);
        return (bool)(await take.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task UnlockAsync(NpgsqlConnection connection, string order)
    {
        try
        {
            await using var release = new NpgsqlCommand("SELECT pg_advisory_unlock(hashtextextended($1, 0))", connection);
            release.Parameters.AddWithValue(order);
            await release.ExecuteScalarAsync();
        }
        catch (NpgsqlException)
        {
            // A lost connection has lost its lock too.
        }
    }

    [LoggerMessage(LogLevel.Warning, "Cannot look for orders now ({Reason})")]
    private partial void CannotLook(string reason);

    [LoggerMessage(LogLevel.Warning, "Order {Order} cannot go on now ({Reason}), attempt {Attempt}")]
    private partial void NotNow(string order, string reason, int attempt);

    [LoggerMessage(LogLevel.Warning, "Order {Order} is paused: {Reason}")]
    private partial void Waits(string order, string reason);

    private sealed record Delay(long Since, TimeSpan For, int Failures);
}

/// <summary>What follows a step.</summary>
internal enum Next
{
    /// <summary>The order's next step.</summary>
    Again,

    /// <summary>Nothing before somebody outside acts or a while has passed.</summary>
    Wait,

    /// <summary>Nothing more.</summary>
    Done,
}
