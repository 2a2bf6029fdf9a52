using System.Diagnostics;
using System.Globalization;
using System.Text;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace HealthDataNode.ServiceDefaults.Messaging;

/// <summary>
/// Publishes what the outbox holds: numbers new rows under one advisory lock, publishes a batch concurrently with
/// publisher confirms and a deadline, marks what the broker took. At least once on the wire; once in effect by the inbox.
/// </summary>
internal sealed partial class OutboxDispatcher(
    NpgsqlDataSource database,
    Broker broker,
    OutboxSignal signal,
    ServiceName service,
    ILogger<OutboxDispatcher> logger
) : BackgroundService
{
    private const int BatchSize = 50;
    private const int AttemptsBeforeParking = 5;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    // One lock per database: each service has its own.
    private const long NumberingLock = 0x48444E;

    private const string NumberNewRows = """
        WITH waiting AS (
            SELECT id, row_number() OVER (ORDER BY id) AS position FROM messaging.outbox
            WHERE number IS NULL AND (not_before IS NULL OR not_before <= now()))
        UPDATE messaging.outbox o
        SET number = (SELECT coalesce(max(number), 0) FROM messaging.outbox) + waiting.position
        FROM waiting WHERE o.id = waiting.id
        """;

    // Asked once a second when nothing happens: one statement on a partial index.
    private const string AnyWaiting = """
        SELECT EXISTS (SELECT 1 FROM messaging.outbox
            WHERE dispatched_at IS NULL AND parked_at IS NULL AND (not_before IS NULL OR not_before <= now()))
        """;

    private const string TakeBatch = """
        SELECT id, message_id, contract, payload, trace_parent, occurred_at, number, attempts FROM messaging.outbox
        WHERE dispatched_at IS NULL AND parked_at IS NULL AND number IS NOT NULL
        ORDER BY number LIMIT $1 FOR UPDATE SKIP LOCKED
        """;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var connection = await broker.ConnectAsync("outbox", stoppingToken);
                await using var channel = await connection.CreateChannelAsync(
                    new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true),
                    stoppingToken
                );
                while (channel.IsOpen)
                {
                    if (await DispatchAsync(channel, stoppingToken) < BatchSize)
                    {
                        await signal.WaitAsync(TimeSpan.FromSeconds(1), stoppingToken);
                    }
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // The broker or the database is away. Nothing is lost: the rows stay.
                BrokerAway(exception.GetType().Name);
                await Task.Delay(TimeSpan.FromSeconds(1), stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<int> DispatchAsync(IChannel channel, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using (var any = new NpgsqlCommand(AnyWaiting, connection))
        {
            if (await any.ExecuteScalarAsync(cancellationToken) is not true)
            {
                return 0;
            }
        }
        await NumberAsync(connection, cancellationToken);

        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var rows = await TakeAsync(connection, cancellationToken);
        if (rows.Count == 0)
        {
            return 0;
        }
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Deadline);
        var failures = await Task.WhenAll(rows.Select(row => PublishAsync(channel, row, deadline.Token)));
        await MarkAsync(connection, rows, failures, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return rows.Count;
    }

    private static async Task NumberAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var take = new NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", connection))
        {
            take.Parameters.AddWithValue(NumberingLock);
            await take.ExecuteNonQueryAsync(cancellationToken);
        }
        await using var number = new NpgsqlCommand(NumberNewRows, connection);
        await number.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task<List<Row>> TakeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var take = new NpgsqlCommand(TakeBatch, connection);
        take.Parameters.AddWithValue(BatchSize);
        await using var reader = await take.ExecuteReaderAsync(cancellationToken);
        var rows = new List<Row>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(
                new Row(
                    reader.GetInt64(0),
                    reader.GetGuid(1),
                    reader.GetString(2),
                    reader.GetString(3),
                    reader.IsDBNull(4) ? null : reader.GetString(4),
                    reader.GetFieldValue<DateTimeOffset>(5),
                    reader.GetInt64(6),
                    reader.GetInt32(7)
                )
            );
        }
        return rows;
    }

    /// <summary>Null when the broker took it, else what went wrong.</summary>
    private async Task<Exception?> PublishAsync(IChannel channel, Row row, CancellationToken cancellationToken)
    {
        using var activity = Telemetry.Messaging.StartActivity($"publish {row.Contract}", ActivityKind.Producer, row.TraceParent);
        var properties = new BasicProperties
        {
            MessageId = row.MessageId.ToString(),
            Type = row.Contract,
            AppId = service.Value,
            ContentType = "application/json",
            DeliveryMode = DeliveryModes.Persistent,
            Headers = new Dictionary<string, object?>
            {
                ["number"] = row.Number,
                ["occurredAt"] = row.OccurredAt.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture),
                ["traceparent"] = activity?.Id ?? row.TraceParent,
            },
        };
        try
        {
            // Mandatory: the audit queue is bound to everything, so an event that nobody gets is a fault.
            await channel.BasicPublishAsync(
                Broker.Exchange,
                row.Contract,
                mandatory: true,
                properties,
                Encoding.UTF8.GetBytes(row.Payload),
                cancellationToken
            );
            return null;
        }
        catch (Exception exception)
        {
            activity?.SetStatus(ActivityStatusCode.Error);
            return exception;
        }
    }

    private async Task MarkAsync(NpgsqlConnection connection, List<Row> rows, Exception?[] failures, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        for (var i = 0; i < rows.Count; i++)
        {
            var command = new NpgsqlBatchCommand();
            command.Parameters.AddWithValue(rows[i].Id);
            if (failures[i] is not { } failure)
            {
                command.CommandText = "UPDATE messaging.outbox SET dispatched_at = now() WHERE id = $1";
            }
            else if (failure is PublishException)
            {
                // The broker was there and refused this row: count, and park it rather than block on it.
                var parked = rows[i].Attempts + 1 >= AttemptsBeforeParking;
                command.CommandText =
                    "UPDATE messaging.outbox SET attempts = attempts + 1, last_error = $2, parked_at = "
                    + (parked ? "now()" : "NULL")
                    + " WHERE id = $1";
                command.Parameters.AddWithValue(failure.GetType().Name);
                NotTaken(rows[i].Contract, parked);
            }
            else
            {
                continue;
            }
            batch.BatchCommands.Add(command);
        }
        if (batch.BatchCommands.Count > 0)
        {
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }
        if (failures.FirstOrDefault(failure => failure is not (null or PublishException)) is { } lost)
        {
            BrokerAway(lost.GetType().Name);
            await Task.Delay(TimeSpan.FromMilliseconds(500), cancellationToken);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Cannot dispatch events now ({Reason}); they stay in the outbox")]
    private partial void BrokerAway(string reason);

    [LoggerMessage(LogLevel.Warning, "The broker did not take an event {Contract}; parked: {Parked}")]
    private partial void NotTaken(string contract, bool parked);

    private sealed record Row(
        long Id,
        Guid MessageId,
        string Contract,
        string Payload,
        string? TraceParent,
        DateTimeOffset OccurredAt,
        long Number,
        int Attempts
    );
}
