namespace HealthDataNode.ServiceDefaults.Messaging;

/// <summary>Handles one kind of event, inside the transaction that also records it as received.</summary>
/// <remarks>Do not commit: the state, the inbox row and the events it causes commit together afterwards.</remarks>
public interface IEventHandler<in T>
{
    /// <summary>Throws when it cannot; the message is tried again and at last goes to the error queue.</summary>
    Task HandleAsync(T message, ReceivedEvent received, CancellationToken cancellationToken);
}

/// <summary>Handles every event as it came, whatever its kind (the audit log).</summary>
public interface IRawEventHandler
{
    /// <summary>As <see cref="IEventHandler{T}.HandleAsync"/>.</summary>
    Task HandleAsync(ReceivedEvent received, CancellationToken cancellationToken);
}

/// <summary>An event as it came from the broker.</summary>
/// <param name="MessageId">The outbox row's id.</param>
/// <param name="Contract">Routing key, for example <c>permit.permit-granted</c>.</param>
/// <param name="Publisher">The service that published it.</param>
/// <param name="Number">Running number of that publisher; a gap means a loss.</param>
/// <param name="OccurredAt">When it happened, UTC.</param>
/// <param name="TraceParent">W3C trace context, or null.</param>
/// <param name="Payload">The JSON text, byte for byte.</param>
public sealed record ReceivedEvent(
    Guid MessageId,
    string Contract,
    string Publisher,
    long Number,
    DateTimeOffset OccurredAt,
    string? TraceParent,
    string Payload
);

/// <summary>What a service consumes.</summary>
public sealed class Consumption
{
    internal Dictionary<string, Func<IServiceProvider, ReceivedEvent, CancellationToken, Task>> Handlers { get; } = [];

    internal Func<IServiceProvider, ReceivedEvent, CancellationToken, Task>? Raw { get; private set; }

    internal List<Type> HandlerTypes { get; } = [];

    /// <summary>One handler per kind of event; its queue must be bound in the service's topology.json.</summary>
    public Consumption On<T, THandler>()
        where T : class
        where THandler : class, IEventHandler<T>
    {
        HandlerTypes.Add(typeof(THandler));
        Handlers.Add(
            ContractName.Of(typeof(T)),
            (services, received, cancellationToken) =>
                services
                    .GetRequiredService<THandler>()
                    .HandleAsync(
                        System.Text.Json.JsonSerializer.Deserialize<T>(received.Payload, ContractName.Json)
                            ?? throw new InvalidOperationException("The payload is null."),
                        received,
                        cancellationToken
                    )
        );
        return this;
    }

    /// <summary>Everything, as it came.</summary>
    public Consumption OnEverything<THandler>()
        where THandler : class, IRawEventHandler
    {
        HandlerTypes.Add(typeof(THandler));
        Raw = (services, received, cancellationToken) => services.GetRequiredService<THandler>().HandleAsync(received, cancellationToken);
        return this;
    }
}
