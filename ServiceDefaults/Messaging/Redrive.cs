using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;
using RabbitMQ.Client;

namespace HealthDataNode.ServiceDefaults.Messaging;

/// <summary>Drives parked rows and messages of the error queue again; for the operator, on the internal listener alone.</summary>
public static class Redrive
{
    /// <summary>How many were driven again.</summary>
    public sealed record Response(int Parked, int Errors);

    /// <summary>Maps <c>POST /redrive</c>; the Edge has no route to it.</summary>
    public static void MapRedrive(this IEndpointRouteBuilder app) =>
        app.MapPost("/redrive", Handle).AllowAnonymous().ExcludeFromDescription();

    private static async Task<Ok<Response>> Handle(
        NpgsqlDataSource database,
        Broker broker,
        OutboxSignal signal,
        CancellationToken cancellationToken
    )
    {
        await using var unpark = database.CreateCommand(
            "UPDATE messaging.outbox SET parked_at = NULL, attempts = 0 WHERE parked_at IS NOT NULL"
        );
        var parked = await unpark.ExecuteNonQueryAsync(cancellationToken);
        signal.Pulse();
        return TypedResults.Ok(new Response(parked, await ErrorsAsync(broker, cancellationToken)));
    }

    private static async Task<int> ErrorsAsync(Broker broker, CancellationToken cancellationToken)
    {
        await using var connection = await broker.ConnectAsync("redrive", cancellationToken);
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true),
            cancellationToken
        );
        var moved = 0;
        try
        {
            // As many as lie there now; what fails again comes back behind them.
            var waiting = (await channel.QueueDeclarePassiveAsync(broker.ErrorQueue, cancellationToken)).MessageCount;
            for (; moved < waiting; moved++)
            {
                if (await channel.BasicGetAsync(broker.ErrorQueue, autoAck: false, cancellationToken) is not { } message)
                {
                    break;
                }
                var properties = new BasicProperties(message.BasicProperties);
                await channel.BasicPublishAsync("", broker.Queue, true, properties, message.Body, cancellationToken);
                await channel.BasicAckAsync(message.DeliveryTag, false, cancellationToken);
            }
        }
        catch (RabbitMQ.Client.Exceptions.OperationInterruptedException)
        {
            // No queue: nothing to drive.
        }
        return moved;
    }
}
