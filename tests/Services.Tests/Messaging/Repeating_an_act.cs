using HealthDataNode.Services.Tests.Permit;

namespace HealthDataNode.Services.Tests.Messaging;

/// <summary><c>Idempotency-Key</c>, with a real PostgreSQL: key, effect and event commit together.</summary>
[Collection(RabbitMqFixture.Users)]
public sealed class Repeating_an_act(PostgresFixture postgres, RabbitMqFixture rabbitMq) : IAsyncLifetime
{
    private TestingService service = null!;
    private ServiceHost host = null!;

    public async ValueTask InitializeAsync()
    {
        service = await TestingService.PrepareAsync(postgres, rabbitMq);
        host = await service.StartAsync(consumes: false, broker: false);
    }

    public ValueTask DisposeAsync() => service is null ? ValueTask.CompletedTask : service.DisposeAsync();

    [Fact]
    public async Task Replays_the_first_answer()
    {
        using var first = await ActAsync("a", """{"number": 1}""");
        using var second = await ActAsync("a", """{"number": 1}""");
        Assert.Equal((201, 201), ((int)first.StatusCode, (int)second.StatusCode));
        Assert.Equal(await first.TextAsync(), await second.TextAsync());
        Assert.Equal(first.Headers.Location, second.Headers.Location);
        Assert.Equal(first.Content.Headers.ContentType, second.Content.Headers.ContentType);
        await HappenedAsync(1);
    }

    [Fact]
    public async Task Is_a_new_act_with_a_new_key_or_by_another_person()
    {
        using var first = await ActAsync("a", """{"number": 1}""");
        using var second = await ActAsync("b", """{"number": 1}""");
        using var third = await ActAsync("a", """{"number": 1}""", "sub-ivar");
        await HappenedAsync(1, 1, 1);
    }

    [Fact]
    public async Task Is_refused_with_another_body()
    {
        using var first = await ActAsync("a", """{"number": 1}""");
        using var second = await ActAsync("a", """{"number": 2}""");
        Assert.Equal((422, "idempotency-key-reused"), await second.ProblemAsync());
        await HappenedAsync(1);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890")]
    public async Task Needs_a_key(string? key)
    {
        using var refused = await ActAsync(key, """{"number": 1}""");
        Assert.Equal((400, "idempotency-key-missing"), await refused.ProblemAsync());
        await HappenedAsync();
    }

    [Fact]
    public async Task Happens_once_where_it_comes_many_times_at_the_same_moment()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ActAsync("a", """{"number": 1, "milliseconds": 200}""")));
        var texts = await Task.WhenAll(answers.Select(answer => answer.TextAsync()));
        Assert.All(answers, answer => Assert.Equal(201, (int)answer.StatusCode));
        Assert.Single(texts.Distinct());
        await HappenedAsync(1);
    }

    [Fact]
    public async Task Remembers_no_refusal()
    {
        using var refused = await ActAsync("a", """{"number": 1, "refuse": true}""");
        Assert.Equal(409, (int)refused.StatusCode);
        await HappenedAsync();
        using var taken = await ActAsync("a", """{"number": 2}""");
        Assert.Equal(201, (int)taken.StatusCode);
        await HappenedAsync(2);
    }

    private async Task HappenedAsync(params int[] numbers)
    {
        Assert.Equal(numbers, await service.EffectsAsync());
        Assert.Equal(numbers.Length, (await Outbox.EventsAsync(service.Database, "testing.something-happened")).Count);
    }

    private async Task<HttpResponseMessage> ActAsync(string? key, string body, string sub = "sub-nora")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/acts")
        {
            Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json"),
        };
        if (key is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        }
        return await host.As(sub, ["data-user"]).ActAsync(request);
    }
}
