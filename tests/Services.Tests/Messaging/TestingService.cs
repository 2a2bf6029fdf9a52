using System.Diagnostics;
using HealthDataNode.ServiceDefaults;
using HealthDataNode.ServiceDefaults.Idempotency;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Messaging;
using HealthDataNode.Testing.Contracts.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using RabbitMQ.Client;

namespace HealthDataNode.Testing.Contracts.V1
{
    /// <summary>What the service under test publishes and consumes.</summary>
    internal sealed record SomethingHappened(int Number);

    /// <summary>What nobody is bound to.</summary>
    internal sealed record NobodyListens(int Number);
}

namespace HealthDataNode.Services.Tests.Messaging
{
    /// <summary>The smallest service that has an outbox and an inbox: every event it consumes becomes a row.</summary>
    internal sealed class TestingService : IAsyncDisposable
    {
        public const string Queue = "testing";
        private readonly string rabbit;
        private readonly IConnection connection;
        private readonly List<ServiceHost> hosts = [];

        private TestingService(string database, string rabbit, IConnection connection, IChannel channel)
        {
            (Database, this.rabbit, this.connection, Channel) = (database, rabbit, connection, channel);
        }

        public string Database { get; }
        public IChannel Channel { get; }

        /// <summary>How often handling the event with this number fails before it succeeds.</summary>
        public Dictionary<int, int> Failures { get; } = [];

        /// <summary>Trace ids in which events were handled.</summary>
        public System.Collections.Concurrent.ConcurrentDictionary<int, string?> Traces { get; } = new();

        /// <summary>A new database, and empty queues as Setup declares them.</summary>
        public static async Task<TestingService> PrepareAsync(PostgresFixture postgres, RabbitMqFixture rabbitMq)
        {
            var uri = await rabbitMq.UriAsync();
            var database = await postgres.CreateDatabaseAsync("testing");
            await Outbox.ExecuteAsync(
                Outbox.AsOwner(database),
                """
                CREATE SCHEMA testing;
                GRANT USAGE ON SCHEMA testing TO testing;
                CREATE TABLE testing.effects (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, number int NOT NULL);
                GRANT SELECT, INSERT ON testing.effects TO testing;
                """
            );
            var connection = await new ConnectionFactory { Uri = new Uri(uri) }.CreateConnectionAsync();
            var channel = await connection.CreateChannelAsync();
            await channel.ExchangeDeclareAsync(Broker.Exchange, ExchangeType.Topic, durable: true);
            foreach (var queue in new[] { Queue, $"{Queue}_error" })
            {
                await channel.QueueDeleteAsync(queue);
                await channel.QueueDeclareAsync(
                    queue,
                    durable: true,
                    exclusive: false,
                    autoDelete: false,
                    new Dictionary<string, object?> { ["x-queue-type"] = "quorum" }
                );
            }
            await channel.QueueBindAsync(Queue, Broker.Exchange, "testing.something-happened");
            return new TestingService(database, uri, connection, channel);
        }

        /// <summary>Starts an instance of the service.</summary>
        public async Task<ServiceHost> StartAsync(bool consumes = true, bool broker = true)
        {
            var host = await ServiceHost.StartAsync(
                (args, configure) => Build(args, configure, consumes),
                "testing",
                new Dictionary<string, string>
                {
                    ["ConnectionStrings:testing"] = Database,
                    ["ConnectionStrings:rabbitmq"] = broker ? rabbit : "amqp://127.0.0.1:1",
                },
                configure: builder => builder.Services.AddSingleton(this)
            );
            hosts.Add(host);
            return host;
        }

        public async Task StopAsync(ServiceHost host)
        {
            hosts.Remove(host);
            await host.DisposeAsync();
        }

        /// <summary>Events that become visible with one commit.</summary>
        public static async Task PublishAsync(ServiceHost host, params int[] numbers)
        {
            await using var scope = host.Services.CreateAsyncScope();
            var outbox = scope.ServiceProvider.GetRequiredService<IEventOutbox>();
            foreach (var number in numbers)
            {
                outbox.Enqueue(new SomethingHappened(number));
            }
            await scope.ServiceProvider.GetRequiredService<TestingDb>().SaveChangesAsync();
        }

        /// <summary>What took effect, in order.</summary>
        public async Task<int[]> EffectsAsync() =>
            [.. (await Outbox.QueryAsync(Database, "SELECT number FROM testing.effects ORDER BY id")).Cast<int>()];

        /// <summary>Waits until so many took effect.</summary>
        public async Task<int[]> EffectsAsync(int count)
        {
            await UntilAsync(async () => (await EffectsAsync()).Length >= count, $"{count} effects");
            return await EffectsAsync();
        }

        public async Task<T[]> RowsAsync<T>(string sql) => [.. (await Outbox.QueryAsync(Database, sql)).Cast<T>()];

        public async Task<uint> WaitingAsync(string queue) => (await Channel.QueueDeclarePassiveAsync(queue)).MessageCount;

        public static async Task UntilAsync(Func<Task<bool>> holds, string what)
        {
            for (var deadline = Stopwatch.StartNew(); !await holds(); await Task.Delay(50))
            {
                Assert.True(deadline.Elapsed < TimeSpan.FromSeconds(120), $"Waited in vain for {what}.");
            }
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var host in hosts)
            {
                await host.DisposeAsync();
            }
            await Channel.QueueDeleteAsync(Queue);
            await Channel.QueueDeleteAsync($"{Queue}_error");
            await Channel.DisposeAsync();
            await connection.DisposeAsync();
        }

        private static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure, bool consumes)
        {
            var builder = WebApplication.CreateBuilder(args);
            builder.AddServiceDefaults("testing");
            builder.AddDatabase<TestingDb>(
                "testing",
                consumes ? consumption => consumption.On<SomethingHappened, SomethingHappenedHandler>() : null
            );
            configure?.Invoke(builder);
            var app = builder.Build();
            app.UseIdempotencyKeys();
            app.UseServiceDefaults();
            app.MapRedrive();
            app.MapPost("/acts", ActAsync).ForRole("data-user").RequireIdempotencyKey<TestingDb>();
            return app;
        }

        internal sealed record Act(int Number, bool Refuse = false, int Milliseconds = 0);

        private static async Task<IResult> ActAsync(Act act, TestingDb database, IEventOutbox outbox)
        {
            var effect = new Effect { Number = act.Number };
            database.Add(effect);
            outbox.Enqueue(new SomethingHappened(act.Number));
            await database.SaveChangesAsync();
            await Task.Delay(act.Milliseconds);
            return act.Refuse ? Results.Problem(statusCode: 409) : Results.Created($"/acts/{effect.Id}", new { effect.Id, act.Number });
        }
    }

    internal sealed class TestingDb(DbContextOptions<TestingDb> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            modelBuilder.HasDefaultSchema("testing");
            modelBuilder.Entity<Effect>().ToTable("effects").Property(effect => effect.Id).UseIdentityAlwaysColumn();
            modelBuilder.AddMessaging();
        }
    }

    internal sealed class Effect
    {
        public long Id { get; init; }
        public required int Number { get; init; }
    }

    internal sealed class SomethingHappenedHandler(TestingDb database, TestingService service) : IEventHandler<SomethingHappened>
    {
        public async Task HandleAsync(SomethingHappened message, ReceivedEvent received, CancellationToken cancellationToken)
        {
            database.Add(new Effect { Number = message.Number });
            await database.SaveChangesAsync(cancellationToken);
            service.Traces[message.Number] = Activity.Current?.TraceId.ToString();
            if (service.Failures.TryGetValue(message.Number, out var left) && left > 0)
            {
                service.Failures[message.Number] = left - 1;
                throw new InvalidOperationException("The test lets it fail.");
            }
        }
    }
}
