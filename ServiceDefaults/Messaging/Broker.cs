using Npgsql;
using RabbitMQ.Client;

namespace HealthDataNode.ServiceDefaults.Messaging;

/// <summary>The broker's names and connections. Exchange and queues are declared by Setup, never here.</summary>
public sealed class Broker(IConfiguration configuration, ServiceName service)
{
    /// <summary>The one topic exchange; the routing key is the event's contract name.</summary>
    public const string Exchange = "health-data-node";

    /// <summary>The queue of a consumer: its service's name.</summary>
    public string Queue => service.Value;

    /// <summary>Where messages go that a consumer could not handle.</summary>
    public string ErrorQueue => service.Value + "_error";

    /// <summary>Opens a connection of its own; the caller's loop is what recovers it.</summary>
    public Task<IConnection> ConnectAsync(string purpose, CancellationToken cancellationToken)
    {
        var uri =
            configuration.GetConnectionString("rabbitmq") ?? throw new InvalidOperationException("ConnectionStrings__rabbitmq is not set.");
        var factory = new ConnectionFactory
        {
            Uri = new Uri(uri),
            AutomaticRecoveryEnabled = false,
            ClientProvidedName = $"{service.Value} {purpose}",
            RequestedConnectionTimeout = TimeSpan.FromSeconds(5),
            RequestedHeartbeat = TimeSpan.FromSeconds(10),
        };
        return factory.CreateConnectionAsync(cancellationToken);
    }
}
