using System.Text.Json.Nodes;

namespace HealthDataNode.Stack.Tests;

/// <summary>The main job, with every process, key and file real.</summary>
[Collection(nameof(StackCollection))]
public sealed class Running_the_whole_node(Stack stack)
{
    private const int Steps = 17;
    private static readonly string[] Sources = ["cancer", "death", "treatment"];

    [Fact]
    public async Task The_journey_succeeds_and_the_ledger_agrees()
    {
        Stack.SkipWhereItCannotRun();
        var journey = await stack.FirstJourney;
        journey.MustHaveSucceeded();
        Assert.Equal(Steps, journey.Lines.Count(line => line.State == "done"));

        var (exitCode, output) = await stack.LedgerAsync();

        Assert.True(exitCode == 0, output);
        var report = JsonNode.Parse(await File.ReadAllTextAsync(stack.In("journey.json"), TestContext.Current.CancellationToken))!;
        Assert.Equal((string?)report["linkageDigestSent"], (string?)report["linkageDigestOpened"]);
        Assert.True((bool?)report["aggregateEqual"]);
        Assert.Equal(Sources, report["sources"]!.AsArray().Select(source => (string)source!["id"]!));
        Assert.All(
            report["sources"]!.AsArray(),
            source =>
            {
                // Opted out, or with a protected address: somebody of each source.
                Assert.True((long)source!["withheld"]! > 0);
                Assert.Equal((long)source["extracted"]!, (long)source["withheld"]! + (long)source["invalid"]! + (long)source["uploaded"]!);
                Assert.Equal((long)source["delivered"]!, (long)source["opened"]!);
                Assert.Equal((string?)source["rowDigestSent"], (string?)source["rowDigestOpened"]);
            }
        );
    }

    [Fact]
    [Trait("Invariant", "10")]
    [Trait("Article", "EHDS 63(3)")]
    public async Task A_permit_that_is_revoked_in_the_middle_of_a_transfer_ends_within_five_seconds_and_leaves_nothing()
    {
        Stack.SkipWhereItCannotRun();
        (await stack.FirstJourney).MustHaveSucceeded();
        var report = JsonNode.Parse(await File.ReadAllTextAsync(stack.In("journey.json"), TestContext.Current.CancellationToken))!;
        var lineage = (string)report["revokedLineage"]!;

        Assert.InRange((long)report["revokeMs"]!, 0, 5000);
        Assert.False(File.Exists(stack.In("spe", lineage, "workspace.duckdb")));
        Assert.Empty(Directory.EnumerateFiles(stack.In("keys", "pseudonymisation", "permits"), $"*{lineage}*"));
        Assert.NotEmpty(Directory.EnumerateFiles(stack.In("keys", "pseudonymisation", "permits"), $"*{(string)report["lineage"]!}*"));
        // What was on its way, and what had been delivered: no part, no key to one.
        var orders = await stack.ScalarAsync<string>(
            "gateway",
            $"SELECT string_agg(id, ' ') FROM gateway.orders WHERE lineage = '{lineage}'"
        );
        Assert.Equal(2, orders.Split(' ').Length);
        Assert.All(
            orders.Split(' '),
            order =>
            {
                Assert.Empty(Directory.EnumerateFiles(stack.In("gateway"), $"*{order}*", SearchOption.AllDirectories));
                Assert.False(Directory.Exists(stack.In("gateway", "orders", order)));
                Assert.Empty(Directory.EnumerateFiles(stack.In("keys", "gateway", "uploads"), $"*{order}*"));
            }
        );
    }

    [Theory]
    [InlineData("decide-first", "cancerregistry", "deathregistry")]
    [InlineData("decide-second", "hospitaltrust")]
    public async Task One_trace_goes_from_a_decision_to_the_analysis_room(string step, params string[] holders)
    {
        Stack.SkipWhereItCannotRun();
        var journey = await stack.FirstJourney;
        var trace = journey.TraceOf(step);

        await Eventually.TrueAsync(
            $"spans of all services in trace {trace}",
            TimeSpan.FromSeconds(30),
            () =>
                Task.FromResult(
                    stack
                        .Telemetry.ServicesIn(trace)
                        .IsSupersetOf(["edge", "permit", "gateway", "pseudonymisation", "referencespe", .. holders])
                )
        );
    }
}
