using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using HealthDataNode.ServiceDefaults.Messaging;
using HealthDataNode.Services.Tests.Permit;
using HealthDataNode.Testing.Contracts.V1;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using RabbitMQ.Client;

namespace HealthDataNode.Services.Tests.Messaging;

/// <summary>Outbox, dispatcher, broker, consumer and inbox, with a real PostgreSQL and a real RabbitMQ.</summary>
[Collection(RabbitMqFixture.Users)]
public sealed class Carrying_events(PostgresFixture postgres, RabbitMqFixture rabbitMq) : IAsyncLifetime
{
    private TestingService service = null!;

    public async ValueTask InitializeAsync() => service = await TestingService.PrepareAsync(postgres, rabbitMq);

    public ValueTask DisposeAsync() => service is null ? ValueTask.CompletedTask : service.DisposeAsync();

    [Fact]
    public async Task Keeps_their_order()
    {
        var host = await service.StartAsync();
        // More than the dispatcher takes at once.
        await TestingService.PublishAsync(host, [.. Enumerable.Range(0, 70)]);
        await TestingService.PublishAsync(host, [.. Enumerable.Range(70, 50)]);
        await HappenedAsync([.. Enumerable.Range(0, 120)]);
    }

    [Fact]
    public async Task Happens_with_the_change_or_not_at_all()
    {
        var host = await service.StartAsync();
        await using (var scope = host.Services.CreateAsyncScope())
        {
            var database = scope.ServiceProvider.GetRequiredService<TestingDb>();
            await using var transaction = await database.Database.BeginTransactionAsync(TestContext.Current.CancellationToken);
            scope.ServiceProvider.GetRequiredService<IEventOutbox>().Enqueue(new SomethingHappened(1));
            await database.SaveChangesAsync(TestContext.Current.CancellationToken);
            await transaction.RollbackAsync(TestContext.Current.CancellationToken);
        }
        await TestingService.PublishAsync(host, 2);
        await HappenedAsync(2);
        Assert.Equal(1L, Assert.Single(await service.RowsAsync<long>("SELECT number FROM messaging.outbox")));
    }

    [Fact]
    public async Task Takes_effect_once_however_often_it_comes()
    {
        var publisher = await service.StartAsync(consumes: false);
        await TestingService.PublishAsync(publisher, 7);
        await TestingService.UntilAsync(async () => await service.WaitingAsync(TestingService.Queue) == 1, "the event");
        var message = (await service.Channel.BasicGetAsync(TestingService.Queue, autoAck: true, TestContext.Current.CancellationToken))!;
        for (var i = 0; i < 3; i++)
        {
            await service.Channel.BasicPublishAsync(
                "",
                TestingService.Queue,
                mandatory: true,
                new BasicProperties(message.BasicProperties),
                message.Body,
                TestContext.Current.CancellationToken
            );
        }
        var host = await service.StartAsync();
        await TestingService.PublishAsync(host, 8);
        await HappenedAsync(7, 8);
        await TestingService.UntilAsync(async () => await service.WaitingAsync(TestingService.Queue) == 0, "an empty queue");
        await HappenedAsync(7, 8);
    }

    [Fact]
    public async Task Is_tried_again_where_handling_fails_and_leaves_no_half_effect()
    {
        service.Failures[1] = 3;
        var host = await service.StartAsync();
        await TestingService.PublishAsync(host, 1, 2);
        await HappenedAsync(1, 2);
        Assert.Equal(0u, await service.WaitingAsync("testing_error"));
    }

    [Fact]
    public async Task Goes_to_the_error_queue_where_handling_fails_for_good_and_is_redriven()
    {
        service.Failures[1] = 5;
        var host = await service.StartAsync();
        await TestingService.PublishAsync(host, 1, 2);
        // What comes behind goes on.
        await HappenedAsync(2);
        Assert.Equal(1u, await service.WaitingAsync("testing_error"));
        Assert.Equal("Degraded", await HealthAsync(host));

        Assert.Equal((0, 1), await RedriveAsync(host));
        await HappenedAsync(2, 1);
        Assert.Equal("Healthy", await HealthAsync(host));
    }

    [Fact]
    public async Task Goes_to_the_error_queue_where_it_cannot_be_read()
    {
        var host = await service.StartAsync();
        await service.Channel.BasicPublishAsync(
            "",
            TestingService.Queue,
            mandatory: true,
            new BasicProperties(),
            "{}"u8.ToArray(),
            TestContext.Current.CancellationToken
        );
        await TestingService.PublishAsync(host, 1);
        await HappenedAsync(1);
        Assert.Equal(1u, await service.WaitingAsync("testing_error"));
    }

    [Fact]
    public async Task Waits_in_the_queue_while_the_database_is_away()
    {
        var host = await service.StartAsync();
        await TestingService.PublishAsync(host, 1);
        await service.EffectsAsync(1);
        var publisher = await service.StartAsync(consumes: false, broker: false);
        await TestingService.PublishAsync(publisher, 2);
        // Nobody may connect, and whoever is connected is thrown out: longer than all tries of a handler that fails.
        var name = new NpgsqlConnectionStringBuilder(service.Database).Database!;
        var beside = service.Database.Replace(name, "postgres", StringComparison.Ordinal);
        await Outbox.ExecuteAsync(Outbox.AsOwner(beside), $"ALTER DATABASE {name} CONNECTION LIMIT 0");
        await Outbox.ExecuteAsync(
            beside,
            $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND usename = current_user"
        );
        await Task.Delay(TimeSpan.FromSeconds(6), TestContext.Current.CancellationToken);
        await Outbox.ExecuteAsync(Outbox.AsOwner(beside), $"ALTER DATABASE {name} CONNECTION LIMIT -1");
        NpgsqlConnection.ClearAllPools();
        await HappenedAsync(1, 2);
        Assert.Equal(0u, await service.WaitingAsync("testing_error"));
    }

    [Fact]
    public async Task Is_parked_where_nobody_listens_and_is_redriven()
    {
        var host = await service.StartAsync();
        await using (var scope = host.Services.CreateAsyncScope())
        {
            scope.ServiceProvider.GetRequiredService<IEventOutbox>().Enqueue(new NobodyListens(1));
            await scope.ServiceProvider.GetRequiredService<TestingDb>().SaveChangesAsync(TestContext.Current.CancellationToken);
        }
        await TestingService.PublishAsync(host, 2);
        await HappenedAsync(2);
        await TestingService.UntilAsync(
            async () => (await service.RowsAsync<long>("SELECT id FROM messaging.outbox WHERE parked_at IS NOT NULL")).Length == 1,
            "a parked row"
        );
        Assert.Equal("Degraded", await HealthAsync(host));

        await service.Channel.QueueDeclareAsync("listener", false, true, true, cancellationToken: TestContext.Current.CancellationToken);
        await service.Channel.QueueBindAsync(
            "listener",
            Broker.Exchange,
            "testing.nobody-listens",
            cancellationToken: TestContext.Current.CancellationToken
        );
        Assert.Equal((1, 0), await RedriveAsync(host));
        await TestingService.UntilAsync(async () => await service.WaitingAsync("listener") == 1, "the parked event");
        Assert.Equal("Healthy", await HealthAsync(host));
    }

    [Fact]
    public async Task Is_numbered_without_a_gap_over_restarts_and_by_two_dispatchers()
    {
        var first = await service.StartAsync();
        var second = await service.StartAsync();
        await Task.WhenAll(
            TestingService.PublishAsync(first, [.. Enumerable.Range(0, 120)]),
            TestingService.PublishAsync(second, [.. Enumerable.Range(120, 120)])
        );
        await service.StopAsync(first);
        await service.EffectsAsync(240);
        await service.StopAsync(second);
        var third = await service.StartAsync();
        await TestingService.PublishAsync(third, 240);
        Assert.Equal(Enumerable.Range(0, 241), (await service.EffectsAsync(241)).Order());
        Assert.Equal(
            Enumerable.Range(1, 241).Select(number => (long)number),
            await service.RowsAsync<long>("SELECT number FROM messaging.outbox ORDER BY number")
        );
    }

    [Fact]
    public async Task Waits_in_the_outbox_while_the_broker_is_away()
    {
        var host = await service.StartAsync(broker: false);
        await TestingService.PublishAsync(host, 1, 2);
        Assert.Equal("Degraded", await HealthAsync(host));
        await service.StopAsync(host);
        await service.StartAsync();
        await HappenedAsync(1, 2);
    }

    [Fact]
    public async Task Is_not_published_before_its_time()
    {
        var host = await service.StartAsync();
        await using (var scope = host.Services.CreateAsyncScope())
        {
            var outbox = scope.ServiceProvider.GetRequiredService<IEventOutbox>();
            outbox.Enqueue(new SomethingHappened(1), DateTimeOffset.UtcNow.AddSeconds(3));
            outbox.Enqueue(new SomethingHappened(2));
            await scope.ServiceProvider.GetRequiredService<TestingDb>().SaveChangesAsync(TestContext.Current.CancellationToken);
        }
        await HappenedAsync(2, 1);
    }

    [Fact]
    public async Task Stays_in_its_trace()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name.StartsWith("HealthDataNode", StringComparison.Ordinal),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        var host = await service.StartAsync();
        using var request = new Activity("a request").Start();
        await TestingService.PublishAsync(host, 1);
        request.Stop();
        await service.EffectsAsync(1);
        Assert.Equal(request.TraceId.ToString(), service.Traces[1]);
    }

    private async Task HappenedAsync(params int[] numbers)
    {
        var effects = await service.EffectsAsync(numbers.Length);
        Assert.Equal(numbers, effects);
    }

    private static async Task<string> HealthAsync(ServiceHost host) =>
        await host.Anonymous.GetStringAsync("/health", TestContext.Current.CancellationToken);

    private static async Task<(int Parked, int Errors)> RedriveAsync(ServiceHost host)
    {
        using var response = await host.Anonymous.PostAsync("/redrive", null, TestContext.Current.CancellationToken);
        var driven = await response.JsonAsync();
        return ((int)driven["parked"]!, (int)driven["errors"]!);
    }
}
