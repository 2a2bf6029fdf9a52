using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using RabbitMQ.Client;

namespace HealthDataNode.ServiceDefaults.Messaging;

/// <summary>Degraded while a row is parked or a message lies in the error queue: <c>redrive</c> drives them again.</summary>
internal sealed class OutboxHealth(NpgsqlDataSource database, Broker broker) : IHealthCheck, IAsyncDisposable
{
    // A probe comes every few seconds: its connection is kept.
    private readonly SemaphoreSlim gate = new(1, 1);
    private IConnection? connection;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await using var count = database.CreateCommand("SELECT count(*) FROM messaging.outbox WHERE parked_at IS NOT NULL");
            var parked = (long)(await count.ExecuteScalarAsync(cancellationToken))!;
            await gate.WaitAsync(cancellationToken);
            uint failed;
            try
            {
                failed = await ErrorsAsync(cancellationToken);
            }
            finally
            {
                gate.Release();
            }
            return parked + failed == 0
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Degraded($"{parked} parked, {failed} in the error queue: run redrive {broker.Queue}");
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            return HealthCheckResult.Degraded($"messages: {exception.GetType().Name}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (connection is not null)
        {
            await connection.DisposeAsync();
        }
        gate.Dispose();
    }

    private async Task<uint> ErrorsAsync(CancellationToken cancellationToken)
    {
        if (connection is not { IsOpen: true })
        {
            if (connection is not null)
            {
                await connection.DisposeAsync();
            }
            connection = await broker.ConnectAsync("health", cancellationToken);
        }
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        try
        {
            return (await channel.QueueDeclarePassiveAsync(broker.ErrorQueue, cancellationToken)).MessageCount;
        }
        catch (RabbitMQ.Client.Exceptions.OperationInterruptedException)
        {
            // A service that consumes nothing has no queue.
            return 0;
        }
    }
}
