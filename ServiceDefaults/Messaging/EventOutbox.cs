using System.Diagnostics;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;

namespace HealthDataNode.ServiceDefaults.Messaging;

/// <summary>Where a use case puts the events it causes. They commit with its own <c>SaveChanges</c>, or not at all.</summary>
public interface IEventOutbox
{
    /// <summary>Adds an event; with <paramref name="notBefore"/> it is published then, not now.</summary>
    void Enqueue<T>(T message, DateTimeOffset? notBefore = null)
        where T : class;
}

internal sealed class EventOutbox<TContext>(TContext context, TimeProvider time) : IEventOutbox
    where TContext : DbContext
{
    public void Enqueue<T>(T message, DateTimeOffset? notBefore = null)
        where T : class =>
        context.Add(
            new OutboxMessage
            {
                MessageId = Guid.CreateVersion7(time.GetUtcNow()),
                Contract = ContractName.Of(typeof(T)),
                Payload = JsonSerializer.Serialize(message, ContractName.Json),
                TraceParent = Activity.Current?.Id,
                OccurredAt = time.GetUtcNow(),
                NotBefore = notBefore,
            }
        );
}

/// <summary>Writes an event outside a unit of work (a refusal changes nothing, so there is nothing to commit with).</summary>
public interface IOutboxWriter
{
    /// <summary>Inserts one row and commits.</summary>
    Task WriteAsync<T>(string contract, T message, CancellationToken cancellationToken);
}

internal sealed class OutboxWriter(NpgsqlDataSource database, OutboxSignal signal, TimeProvider time) : IOutboxWriter
{
    public async Task WriteAsync<T>(string contract, T message, CancellationToken cancellationToken)
    {
        await using var insert = database.CreateCommand(
            "INSERT INTO messaging.outbox (message_id, contract, payload, trace_parent, occurred_at) VALUES ($1, $2, $3, $4, $5)"
        );
        insert.Parameters.AddWithValue(Guid.CreateVersion7(time.GetUtcNow()));
        insert.Parameters.AddWithValue(contract);
        insert.Parameters.AddWithValue(JsonSerializer.Serialize(message, ContractName.Json));
        insert.Parameters.Add(new NpgsqlParameter { Value = (object?)Activity.Current?.Id ?? DBNull.Value });
        insert.Parameters.AddWithValue(time.GetUtcNow());
        await insert.ExecuteNonQueryAsync(cancellationToken);
        signal.Pulse();
    }
}

/// <summary>Wakes the dispatcher as soon as something was committed; its poll is only the safety net.</summary>
public sealed class OutboxSignal : IDisposable
{
    private readonly SemaphoreSlim semaphore = new(0, 1);

    /// <summary>Something may be waiting.</summary>
    public void Pulse()
    {
        try
        {
            semaphore.Release();
        }
        catch (SemaphoreFullException)
        {
            // Already pulsed: one wake-up is enough.
        }
    }

    internal Task<bool> WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => semaphore.WaitAsync(atMost, cancellationToken);

    /// <inheritdoc />
    public void Dispose() => semaphore.Dispose();
}

internal sealed class OutboxSignalInterceptor(OutboxSignal signal) : SaveChangesInterceptor
{
    public override ValueTask<int> SavedChangesAsync(
        SaveChangesCompletedEventData eventData,
        int result,
        CancellationToken cancellationToken = default
    )
    {
        signal.Pulse();
        return ValueTask.FromResult(result);
    }
}
