using System.Text.Json;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace HealthDataNode.Setup;

/// <summary>
/// Declares the exchange, every consumer's queue, its error queue and its bindings, before any service runs: an event
/// published before its first consumer ever ran is not lost.
/// </summary>
internal static class Topology
{
    private const string Exchange = "health-data-node";
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private sealed record Consumer(string Queue, string[] Binds);

    public static async Task DeclareAsync(SetupOptions place)
    {
        await using var connection = await ConnectAsync(place.RabbitMq);
        await using var channel = await connection.CreateChannelAsync();
        await channel.ExchangeDeclareAsync(Exchange, ExchangeType.Topic, durable: true);
        var quorum = new Dictionary<string, object?> { ["x-queue-type"] = "quorum" };
        foreach (var consumer in Consumers())
        {
            await channel.QueueDeclareAsync(consumer.Queue, durable: true, exclusive: false, autoDelete: false, quorum);
            await channel.QueueDeclareAsync(consumer.Queue + "_error", durable: true, exclusive: false, autoDelete: false, quorum);
            foreach (var key in consumer.Binds)
            {
                await channel.QueueBindAsync(consumer.Queue, Exchange, key);
            }
        }
    }

    private static IEnumerable<Consumer> Consumers()
    {
        var assembly = typeof(Topology).Assembly;
        return assembly
            .GetManifestResourceNames()
            .Where(name => name.StartsWith("topology/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name =>
                JsonSerializer.Deserialize<Consumer>(Schemas.Read(name), Json) ?? throw new SetupException($"{name} is empty.")
            );
    }

    private static async Task<IConnection> ConnectAsync(string uri)
    {
        var factory = new ConnectionFactory { Uri = new Uri(uri), ClientProvidedName = "setup" };
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await factory.CreateConnectionAsync();
            }
            catch (BrokerUnreachableException) when (attempt < 1200)
            {
                // It starts while Setup does. Five minutes in all, as long as the stack has for its start.
                await Task.Delay(TimeSpan.FromMilliseconds(250));
            }
            catch (BrokerUnreachableException exception)
            {
                throw new SetupException($"RabbitMQ does not answer ({exception.InnerException?.GetType().Name}); see logs/rabbitmq.log.");
            }
        }
    }
}
