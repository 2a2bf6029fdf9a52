using System.Diagnostics;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.ReferenceHolder.State;
using HealthDataNode.ReferenceHolder.Steps;
using HealthDataNode.Services.Tests.Pseudonymisation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace HealthDataNode.Services.Tests.ReferenceHolder;

public sealed class Delivering_as_a_holder : IAsyncLifetime
{
    private static readonly string[] People = PseudonymisationWorld.People(10);
    private HolderWorld world = null!;

    public async ValueTask InitializeAsync()
    {
        world = await HolderWorld.StartAsync();
        foreach (var (at, person) in People.Index())
        {
            for (var row = 0; row <= at % 3; row++)
            {
                world.Register.Add([person, $"I{row}", $"note {row}, \"of\" {at} {new string('x', 150)}"]);
            }
        }
        world.Register.Add(["1234567890", "II", "ten digits"]);
        world.Register.Add([People[0], "III", "a control\u0001character"]);
        world.Register.Add([People[1], "III", "two\nlines"]);
        world.Register.Add([PseudonymisationWorld.Spoilt(People[5]), "IV", "a wrong control digit"]);
        world.Register.Add([People[9], "", ""]);
        world.Withheld.Add(People[8]);
        world.Withheld.Add(People[2]);
    }

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    [Trait("Article", "EHDS 60(2)")]
    public async Task Sends_every_row_of_a_person_with_a_token_and_no_other()
    {
        await RunAsync(world.Build());
        IsExact();
        world.State = "delivered";
        await DoneAsync();
        Assert.Equal(["order-accepted", "order-delivered"], world.Audited);
    }

    [Fact]
    [Trait("Article", "EHDS 58")]
    [Trait("Article", "GDPR 15(1)(c)")]
    public async Task Writes_down_whose_rows_were_delivered_and_keeps_it_when_all_else_is_gone()
    {
        await RunAsync(world.Build());
        world.State = "delivered";
        await DoneAsync();
        var log = world.Build().Services.GetRequiredService<DisclosureLog>();
        foreach (var person in People)
        {
            var disclosed = log.Of(person);
            if (world.Withheld.Contains(person))
            {
                Assert.Empty(disclosed);
                continue;
            }
            var one = Assert.Single(disclosed);
            Assert.Equal((world.Order.Payload.Id, world.Permit.Payload.Lineage, "cancer"), (one.Order, one.Lineage, one.Source));
            Assert.Equal(["stage", "note"], one.Categories);
            Assert.Equal(DateOnly.FromDateTime(DateTime.UtcNow), one.Date);
        }
        Assert.Empty(log.Of(PseudonymisationWorld.Spoilt(People[5])));
        Assert.False(Directory.Exists(world.Folder));
    }

    [Fact]
    public async Task Writes_it_down_also_when_the_keys_behind_the_order_have_been_replaced_meanwhile()
    {
        await RunAsync(world.Build());
        world.ReplaceKeys();
        world.State = "delivered";
        await DoneAsync();
        var log = world.Build().Services.GetRequiredService<DisclosureLog>();
        Assert.Equal(["stage", "note"], Assert.Single(log.Of(People.First(person => !world.Withheld.Contains(person)))).Categories);
        Assert.Equal(["order-accepted", "order-delivered"], world.Audited);
    }

    [Fact]
    [Trait("Article", "EHDS 58")]
    public async Task Writes_it_down_also_where_the_answer_to_what_was_sent_last_was_lost_and_the_node_takes_no_more()
    {
        var wasSent = false;
        world.Before = async context =>
        {
            if (wasSent && context.Request.Path.Value!.EndsWith("/parts", StringComparison.Ordinal))
            {
                return ProtocolProblem.Of(ProblemTypes.OrderClosed, 409, "No more");
            }
            if (context.Request.Path.Value!.EndsWith("/closing", StringComparison.Ordinal))
            {
                // Taken, and delivered, and nobody hears of it.
                wasSent = true;
                world.State = "delivered";
                context.Abort();
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            return null;
        };
        await world.Build().StartAsync(TestContext.Current.CancellationToken);
        await DoneAsync();
        Assert.Equal(["order-accepted", "order-delivered"], world.Audited);
        var log = world.Build().Services.GetRequiredService<DisclosureLog>();
        Assert.Single(log.Of(People.First(person => !world.Withheld.Contains(person))));
    }

    [Fact]
    public async Task Writes_no_disclosure_down_where_nothing_was_delivered()
    {
        await RunAsync(world.Build());
        world.State = "rejected";
        await DoneAsync();
        var log = world.Build().Services.GetRequiredService<DisclosureLog>();
        Assert.All(People, person => Assert.Empty(log.Of(person)));
    }

    [Fact]
    public async Task Sends_the_same_as_slowly_as_it_is_told()
    {
        var throttle = Path.Combine(Path.GetDirectoryName(world.PopulationFile)!, "throttle");
        await File.WriteAllTextAsync(throttle, "5000\n", TestContext.Current.CancellationToken);
        await RunAsync(world.Build(new() { ["Holder:ThrottleFile"] = throttle }));
        IsExact();
    }

    [Fact]
    public async Task Counts_what_it_did_not_send()
    {
        var holder = world.Build();
        await RunAsync(holder);
        var counts = (await OrderAsync(holder, Stage.Sent)).Counts;
        var (all, sent) = (world.Register.Count, world.Expected(IsSent).Length);
        Assert.Equal((all, 4, sent), (counts.Extracted, counts.Invalid, counts.Uploaded));
        Assert.Equal(all - 4 - sent, counts.Withheld);
        Assert.True(counts.Withheld > 0);
    }

    [Fact]
    public async Task Is_exact_where_it_is_killed_between_any_two_stages_and_before_each_is_written()
    {
        await StepAsync<ReceiveOrders>((step, _) => step.RunAsync(CancellationToken.None), null);
        await StepAsync<Extract>((step, order) => Task.Run(() => step.Run(order)), Stage.Accepted);
        await StepAsync<Tokenise>((step, order) => step.RunAsync(order, CancellationToken.None), Stage.Extracted);
        await StepAsync<BuildParts>((step, order) => Task.Run(() => step.Run(order)), Stage.Tokenised);
        await StepAsync<Upload>((step, order) => step.RunAsync(order, CancellationToken.None), Stage.Built);
        IsExact();
        world.State = "delivered";
        await StepAsync<FollowUp>((step, order) => step.RunAsync(order, CancellationToken.None), Stage.Sent);
        Assert.False(Directory.Exists(world.Folder));
    }

    [Fact]
    public async Task Sends_a_register_of_many_ranges_in_the_order_of_tokens_and_lines()
    {
        world.Register.Clear();
        var people = PseudonymisationWorld.People(40_000);
        foreach (var (at, person) in people.Index())
        {
            // Not in the order of persons, nor a person's rows together.
            world.Register.Insert(at / 2, [person, "I", $"first {at} {new string('x', 150)}"]);
            world.Register.Add([person, "II", $"second {at} {new string('y', 150)}"]);
        }
        await RunAsync(world.Build(new() { ["Holder:IdentifiersPerPart"] = "15000", ["Holder:PartBytes"] = $"{4 << 20}" }));
        Assert.Equal(world.Expected(row => !world.Withheld.Contains(row[0])), world.Sent());
        Assert.Equal(people.Length - world.Withheld.Count, world.Closing().Persons);
    }

    [Theory]
    [InlineData("/tokens/2")]
    [InlineData("/tokens/3")]
    [InlineData("/parts")]
    [InlineData("/closing")]
    public async Task Is_exact_where_it_is_killed_within_a_call(string path)
    {
        var reached = new TaskCompletionSource();
        world.Before = async context =>
        {
            // The second of them where there are several: some went through before.
            if (context.Request.Path.Value!.EndsWith(path, StringComparison.Ordinal) && reached.TrySetResult())
            {
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            return null;
        };
        var first = world.Build();
        await first.StartAsync(TestContext.Current.CancellationToken);
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        await world.KillAsync(first);
        await RunAsync(world.Build());
        IsExact();
    }

    [Fact]
    public async Task Is_exact_where_the_node_cannot_answer_at_once()
    {
        string[] faulty = ["/tokens/2", "/parts", "/closing"];
        var seen = new HashSet<string>();
        world.Before = context =>
            Task.FromResult(
                faulty.FirstOrDefault(path => context.Request.Path.Value!.EndsWith(path, StringComparison.Ordinal)) is { } path
                && seen.Add(path)
                    ? ProtocolProblem.Of(ProblemTypes.PermitStateUnknown, 503, "Not now")
                    : null
            );
        await RunAsync(world.Build());
        IsExact();
    }

    [Fact]
    public async Task Deletes_everything_where_the_order_is_rejected()
    {
        await RunAsync(world.Build());
        Assert.True(Directory.Exists(world.Folder));
        world.State = "rejected";
        await DoneAsync();
        Assert.Equal(["order-accepted", "order-rejected"], world.Audited);
    }

    [Theory]
    [InlineData(ProblemTypes.PermitNotInForce)]
    [InlineData(ProblemTypes.OrderClosed)]
    [Trait("Invariant", "10")]
    public async Task Stops_and_deletes_everything_where_the_node_will_have_no_more_of_it(string problem)
    {
        world.Before = context =>
            Task.FromResult(
                context.Request.Path.Value!.EndsWith("/tokens/2", StringComparison.Ordinal)
                    ? ProtocolProblem.Of(problem, 409, "No more")
                    : null
            );
        await world.Build().StartAsync(TestContext.Current.CancellationToken);
        await DoneAsync();
        Assert.Empty(world.Closings);
    }

    [Fact]
    [Trait("Invariant", "13")]
    public async Task Does_not_act_upon_an_order_that_is_not_for_it()
    {
        using var another = world.Trust.Enrol("deathregistry", KeyUses.Holder);
        using var holder = world.Build().Services.CreateScope();
        var receive = holder.ServiceProvider.GetRequiredService<ReceiveOrders>();
        foreach (
            var grant in new Action[]
            {
                () => world.Grant("deathregistry", "cancer"),
                () => world.Grant(HolderWorld.Party, "death"),
                () => world.Grant(HolderWorld.Party, "cancer", orderedBy: another),
                () => world.Grant(HolderWorld.Party, "cancer", lasts: TimeSpan.FromMinutes(-5)),
            }
        )
        {
            grant();
            await receive.RunAsync(CancellationToken.None);
            Assert.Empty(holder.ServiceProvider.GetRequiredService<OrderBook>().Unfinished());
        }
        world.Grant(HolderWorld.Party, "cancer");
        await receive.RunAsync(CancellationToken.None);
        Assert.Single(holder.ServiceProvider.GetRequiredService<OrderBook>().Unfinished());
    }

    [Fact]
    [Trait("Invariant", "2")]
    public async Task Takes_newer_versions_of_a_permit_and_neither_an_older_one_nor_a_second_successor()
    {
        var first = world.Permit;
        Assert.True(await TakesAsync());
        world.Grant(HolderWorld.Party, "cancer", after: first);
        var second = world.Permit;
        Assert.True(await TakesAsync());
        world.Grant(HolderWorld.Party, "cancer", after: first);
        Assert.False(await TakesAsync());
        // Version 3 was for other sources and never came here.
        world.Grant(HolderWorld.Party, "cancer", after: second, version: 4);
        Assert.True(await TakesAsync());
        world.Grant(HolderWorld.Party, "cancer", after: second);
        Assert.False(await TakesAsync());
        world.Grant(HolderWorld.Party, "cancer");
        Assert.True(await TakesAsync());

        // In a process of its own each time: what it has seen outlives it.
        async Task<bool> TakesAsync()
        {
            var holder = world.Build();
            await holder.Services.GetRequiredService<ReceiveOrders>().RunAsync(CancellationToken.None);
            var taken = holder.Services.GetRequiredService<OrderBook>().Knows(world.Order.Payload.Id);
            await world.KillAsync(holder);
            return taken;
        }
    }

    // Not the control characters, not the ten digits, not the wrong control digit, and nobody who is withheld.
    private bool IsSent(string[] row) => People.Contains(row[0]) && !world.Withheld.Contains(row[0]) && !row[2].Any(char.IsControl);

    private void IsExact()
    {
        var (sent, expected) = (world.Sent(), world.Expected(IsSent));
        Assert.Equal(expected.Select(line => line[..32]), sent.Select(line => line[..32]));
        Assert.Equal(expected.Order(StringComparer.Ordinal), sent.Order(StringComparer.Ordinal));
        var closing = world.Closing();
        Assert.Equal((expected.Length, 8), (closing.Rows, closing.Persons));
        Assert.True(closing.Parts.Count > 1);
        Assert.Equal(0, world.Conflicts);
    }

    // In a process of its own, as far as memory goes; then once more, as if it had been killed before the stage was written.
    private async Task StepAsync<TStep>(Func<TStep, HolderOrder, Task> run, Stage? from)
        where TStep : class
    {
        HolderOrder order = null!;
        for (var i = 0; i < 2; i++)
        {
            var holder = world.Build();
            order = i == 0 && from is not null ? Assert.Single(holder.Services.GetRequiredService<OrderBook>().Unfinished()) : order;
            Assert.True(from is null || order.Stage == from);
            await run(holder.Services.GetRequiredService<TStep>(), order);
            await world.KillAsync(holder);
        }
    }

    private async Task RunAsync(WebApplication holder)
    {
        await holder.StartAsync(TestContext.Current.CancellationToken);
        await OrderAsync(holder, Stage.Sent);
    }

    private static async Task<HolderOrder> OrderAsync(WebApplication holder, Stage stage)
    {
        for (var deadline = Stopwatch.StartNew(); ; await Task.Delay(50))
        {
            if (holder.Services.GetRequiredService<OrderBook>().Unfinished() is [{ } order] && order.Stage == stage)
            {
                return order;
            }
            Assert.True(deadline.Elapsed < TimeSpan.FromSeconds(90), $"The order is not {stage}.");
        }
    }

    private async Task DoneAsync()
    {
        for (var deadline = Stopwatch.StartNew(); Directory.Exists(world.Folder) || world.Audited.Count < 2; await Task.Delay(50))
        {
            Assert.True(deadline.Elapsed < TimeSpan.FromSeconds(90), "The order is not done.");
        }
    }
}
