using System.Diagnostics;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Records;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.ReferenceHolder.Feed;
using HealthDataNode.Services.Tests.Gateway;
using HealthDataNode.Services.Tests.Pseudonymisation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace HealthDataNode.Services.Tests.ReferenceHolder;

/// <summary>A holder that is the population register, against the node as it sees it.</summary>
public sealed class Feeding_the_population : IAsyncLifetime
{
    private static readonly string[] People = PseudonymisationWorld.People(6, seed: 51);
    private HolderWorld world = null!;

    public async ValueTask InitializeAsync()
    {
        world = await HolderWorld.StartAsync();
        Write("number,date,kind,person_id,other_id");
        Write($"1,2001-02-03,number-change,{People[0]},{People[1]}");
        Write($"2,2011-12-31,death,{People[2]},");
        Write($"3,2020-01-01,address-protected,{People[3]},");
    }

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    [Trait("Requirement", "NOR-42")]
    public async Task Sends_every_line_once_in_numbered_batches_and_what_is_added_while_it_runs()
    {
        var register = world.BuildRegister();
        await register.StartAsync(TestContext.Current.CancellationToken);
        await FedAsync(2);
        await HealthyAsync(register);
        Write($"4,2026-11-26,address-open,{People[3]},");
        await FedAsync(3);
        var fed = world.Fed.ToArray();
        Assert.Equal([1, 2, 3], fed.Select(batch => batch.Number));
        var records = fed.SelectMany(batch => batch.Records).ToArray();
        Assert.Equal(
            [PopulationKind.NumberChange, PopulationKind.Death, PopulationKind.AddressProtected, PopulationKind.AddressOpen],
            records.Select(record => record.Kind)
        );
        Assert.Equal([new(2001, 2, 3), new(2011, 12, 31), new(2020, 1, 1), new(2026, 11, 26)], records.Select(record => record.Date));
        Assert.Equal(PseudonymisationWorld.Became(People[0], People[1]) with { Date = new(2001, 2, 3) }, records[0]);
        // When the answer to the last one has come.
        var data = Path.Combine(Path.GetDirectoryName(world.PopulationFile)!, "data");
        await Eventually.Async(() => !Directory.EnumerateFiles(data, "batch-*").Any());
    }

    [Fact]
    public async Task Sends_the_very_same_bytes_again_after_a_kill_and_goes_on_where_it_was()
    {
        var reached = new TaskCompletionSource();
        world.Before = async context =>
        {
            if (context.Request.Path.Value!.EndsWith("/population-feed/2", StringComparison.Ordinal))
            {
                using var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body);
                seen.Add(SealedBytes.Of(body.ToArray()).Sha256);
                if (reached.TrySetResult())
                {
                    await Task.Delay(Timeout.Infinite, context.RequestAborted);
                }
                context.Request.Body = new MemoryStream(body.ToArray());
            }
            return null;
        };
        var first = world.BuildRegister();
        await first.StartAsync(TestContext.Current.CancellationToken);
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        await world.KillAsync(first);
        await world.BuildRegister().StartAsync(TestContext.Current.CancellationToken);
        await FedAsync(2);
        Assert.Equal([1, 2], world.Fed.Select(batch => batch.Number));
        Assert.Equal(2, seen.Count);
        Assert.Single(seen.Distinct());
    }

    [Fact]
    public async Task Goes_on_after_the_node_could_not_answer_and_is_not_healthy_before()
    {
        var faults = 0;
        world.Before = context =>
            Task.FromResult(
                context.Request.Path.Value!.EndsWith("/population-feed/1", StringComparison.Ordinal) && faults++ < 2
                    ? ProtocolProblem.Of(ProblemTypes.PermitStateUnknown, 503, "Not now")
                    : null
            );
        var register = world.BuildRegister(linesPerBatch: 10);
        await register.StartAsync(TestContext.Current.CancellationToken);
        using var client = new HttpClient { BaseAddress = AddressOf(register) };
        Assert.Equal(503, (int)(await client.GetAsync("/health", TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal(200, (int)(await client.GetAsync("/alive", TestContext.Current.CancellationToken)).StatusCode);
        await FedAsync(1);
        await HealthyAsync(register);
        Assert.Equal(3, Assert.Single(world.Fed).Records.Length);
    }

    [Fact]
    public async Task Waits_for_a_line_that_is_still_being_written()
    {
        var lines = world.BuildRegister().Services.GetRequiredService<RegisterLines>();
        var whole = lines.After(0, 0);
        Assert.Equal((2, 2L), (whole.Count, whole.LastLine));
        var rest = lines.After(whole.Offset, whole.LastLine);
        await File.AppendAllTextAsync(
            world.PopulationFile,
            $"4,2026-11-26,address-open,{People[3]}",
            TestContext.Current.CancellationToken
        );
        var nothing = lines.After(rest.Offset, rest.LastLine);
        Assert.Equal((0, rest.Offset, 3L), (nothing.Count, nothing.Offset, nothing.LastLine));
        await File.AppendAllTextAsync(world.PopulationFile, ",\n", TestContext.Current.CancellationToken);
        Assert.Equal(1, lines.After(nothing.Offset, nothing.LastLine).Count);
    }

    [Theory]
    [InlineData("5,2026-11-26,death,{0},")] // a number is missing
    [InlineData("4,2026-02-30,death,{0},")]
    [InlineData("4,2026-11-26,moved,{0},")]
    [InlineData("4,2026-11-26,death,12345678901,")]
    [InlineData("4,2026-11-26,death,{0},{1}")]
    [InlineData("4,2026-11-26,number-change,{0},")]
    [InlineData("4,2026-11-26,number-change,{0},{0}")]
    [InlineData("4,2026-11-26,death")]
    public void Says_which_line_is_wrong_and_nothing_that_stands_in_it(string line)
    {
        Write(string.Format(null, line, People[4], People[5]));
        var lines = world.BuildRegister(linesPerBatch: 10).Services.GetRequiredService<RegisterLines>();
        var refused = Assert.Throws<InvalidDataException>(() => lines.After(0, 0));
        Assert.Contains("Line 4 ", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(People[4], refused.ToString(), StringComparison.Ordinal);
    }

    private readonly List<string> seen = [];

    private void Write(string line) => File.AppendAllText(world.PopulationFile, line + "\n");

    private async Task FedAsync(int batches)
    {
        for (var deadline = Stopwatch.StartNew(); world.Fed.Count < batches; await Task.Delay(50))
        {
            Assert.True(deadline.Elapsed < TimeSpan.FromSeconds(60), "The batches did not come.");
        }
    }

    private static async Task HealthyAsync(WebApplication register)
    {
        using var client = new HttpClient { BaseAddress = AddressOf(register) };
        for (
            var deadline = Stopwatch.StartNew();
            !(await client.GetAsync("/health", TestContext.Current.CancellationToken)).IsSuccessStatusCode;
            await Task.Delay(50)
        )
        {
            Assert.True(deadline.Elapsed < TimeSpan.FromSeconds(30), "It is not healthy.");
        }
    }

    private static Uri AddressOf(WebApplication register) =>
        new(register.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
}
