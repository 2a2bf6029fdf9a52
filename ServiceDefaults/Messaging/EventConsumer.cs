using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace HealthDataNode.ServiceDefaults.Messaging;

/// <summary>
/// Consumes the service's queue: inbox row, handler and events it causes in one transaction, then the acknowledgement.
/// A message that fails again and again goes to the error queue; it is never acknowledged silently.
/// </summary>
internal sealed partial class EventConsumer<TContext>(
    Broker broker,
    Consumption consumption,
    IServiceScopeFactory scopes,
    ILogger<EventConsumer<TContext>> logger
) : BackgroundService
    where TContext : DbContext
{
    private static readonly TimeSpan[] Retries = [.. new[] { 0.1, 0.5, 1, 3 }.Select(TimeSpan.FromSeconds)];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ConsumeAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                BrokerAway(exception.GetType().Name);
            }
            await Task.Delay(TimeSpan.FromSeconds(1), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ConsumeAsync(CancellationToken stoppingToken)
    {
        await using var connection = await broker.ConnectAsync("consumer", stoppingToken);
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true),
            stoppingToken
        );
        await channel.BasicQosAsync(0, 32, false, stoppingToken);
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var stop = stoppingToken.Register(() => closed.TrySetCanceled(stoppingToken));
        channel.ChannelShutdownAsync += (_, _) =>
        {
            closed.TrySetResult();
            return Task.CompletedTask;
        };
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += async (_, delivery) =>
        {
            try
            {
                await ReceiveAsync(channel, delivery, stoppingToken);
            }
            catch (Exception exception)
            {
                // Neither handled nor moved: leave it unacknowledged; closing the channel makes the broker send it again.
                BrokerAway(exception.GetType().Name);
                closed.TrySetResult();
            }
        };
        await channel.BasicConsumeAsync(broker.Queue, autoAck: false, consumer, stoppingToken);
        await closed.Task;
    }

    private async Task ReceiveAsync(IChannel channel, BasicDeliverEventArgs delivery, CancellationToken cancellationToken)
    {
        Exception failure;
        var attempt = 0;
        do
        {
            try
            {
                await HandleAsync(Read(delivery), cancellationToken);
                await channel.BasicAckAsync(delivery.DeliveryTag, false, cancellationToken);
                return;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                failure = exception;
                HandlerFailed(delivery.RoutingKey, exception.GetType().Name, attempt + 1);
            }
            if (attempt < Retries.Length)
            {
                await Task.Delay(Retries[attempt], cancellationToken);
            }
        } while (attempt++ < Retries.Length);

        if (IsDatabaseAway(failure))
        {
            // Not the message's fault: it stays where it is until the database is back.
            ExceptionDispatchInfo.Throw(failure);
        }
        var headers = new Dictionary<string, object?>(delivery.BasicProperties.Headers ?? new Dictionary<string, object?>())
        {
            ["failure"] = failure.GetType().Name,
        };
        var properties = new BasicProperties(delivery.BasicProperties) { Headers = headers };
        await channel.BasicPublishAsync("", broker.ErrorQueue, true, properties, delivery.Body, cancellationToken);
        await channel.BasicAckAsync(delivery.DeliveryTag, false, cancellationToken);
    }

    private async Task HandleAsync(ReceivedEvent received, CancellationToken cancellationToken)
    {
        var handler =
            consumption.Raw
            ?? consumption.Handlers.GetValueOrDefault(received.Contract)
            ?? throw new InvalidOperationException($"No handler for {received.Contract}: topology.json and code differ.");
        using var activity = Telemetry.Messaging.StartActivity($"consume {received.Contract}", ActivityKind.Consumer, received.TraceParent);
        await using var scope = scopes.CreateAsyncScope();
        var context = scope.ServiceProvider.GetRequiredService<TContext>();
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var fresh = await context.Database.ExecuteSqlAsync(
            $"INSERT INTO messaging.inbox (message_id, consumer) VALUES ({received.MessageId}, {broker.Queue}) ON CONFLICT DO NOTHING",
            cancellationToken
        );
        if (fresh == 0)
        {
            return;
        }
        await handler(scope.ServiceProvider, received, cancellationToken);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        scope.ServiceProvider.GetRequiredService<OutboxSignal>().Pulse();
    }

    private static bool IsDatabaseAway(Exception failure) =>
        failure is NpgsqlException { IsTransient: true } or SocketException
        || (failure.InnerException is { } inner && IsDatabaseAway(inner));

    private static ReceivedEvent Read(BasicDeliverEventArgs delivery)
    {
        var headers = delivery.BasicProperties.Headers ?? new Dictionary<string, object?>();
        string? Text(string name) =>
            headers.TryGetValue(name, out var value) && value is byte[] bytes ? Encoding.UTF8.GetString(bytes) : null;
        return new ReceivedEvent(
            Guid.Parse(delivery.BasicProperties.MessageId ?? throw new FormatException("No message id.")),
            delivery.BasicProperties.Type ?? delivery.RoutingKey,
            delivery.BasicProperties.AppId ?? throw new FormatException("No publisher."),
            headers.TryGetValue("number", out var number) ? Convert.ToInt64(number, CultureInfo.InvariantCulture) : 0,
            DateTimeOffset.Parse(Text("occurredAt") ?? throw new FormatException("No time."), CultureInfo.InvariantCulture),
            Text("traceparent"),
            Encoding.UTF8.GetString(delivery.Body.Span)
        );
    }

    [LoggerMessage(LogLevel.Warning, "Cannot consume now ({Reason}); trying again")]
    private partial void BrokerAway(string reason);

    [LoggerMessage(LogLevel.Warning, "Handling {Contract} failed with {Reason}, attempt {Attempt}")]
    private partial void HandlerFailed(string contract, string reason, int attempt);
}
