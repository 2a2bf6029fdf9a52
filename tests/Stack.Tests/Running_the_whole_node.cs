using System.Text.Json.Nodes;

namespace HealthDataNode.Stack.Tests;

/// <summary>The main job, with every process, key and file real.</summary>
[Collection(nameof(StackCollection))]
public sealed class Running_the_whole_node(Stack stack)
{
    [Fact]
    public async Task The_journey_succeeds_and_the_ledger_agrees()
    {
        Stack.SkipWhereItCannotRun();
        var journey = await stack.FirstJourney;
        journey.MustHaveSucceeded();
        Assert.Equal(9, journey.Lines.Count(line => line.State == "done"));

        var (exitCode, output) = await stack.LedgerAsync();

        Assert.True(exitCode == 0, output);
        var report = JsonNode.Parse(await File.ReadAllTextAsync(stack.In("journey.json"), TestContext.Current.CancellationToken))!;
        Assert.Equal((string?)report["linkageDigestSent"], (string?)report["linkageDigestOpened"]);
        Assert.True((bool?)report["aggregateEqual"]);
    }

    [Fact]
    public async Task One_trace_goes_from_the_decision_to_the_analysis_room()
    {
        Stack.SkipWhereItCannotRun();
        var journey = await stack.FirstJourney;
        var trace = journey.TraceOf("decide");

        await Eventually.TrueAsync(
            $"spans of all services in trace {trace}",
            TimeSpan.FromSeconds(30),
            () =>
                Task.FromResult(
                    stack
                        .Telemetry.ServicesIn(trace)
                        .IsSupersetOf(
                            ["edge", "permit", "gateway", "pseudonymisation", "cancerregistry", "deathregistry", "referencespe"]
                        )
                )
        );
    }
}
