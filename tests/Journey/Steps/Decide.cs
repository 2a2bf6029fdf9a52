using System.Text.Json.Nodes;

namespace HealthDataNode.Journey.Steps;

/// <summary>Another person decides on what she has read; the permit is issued with the decision (EHDS 68(3), 55(3)).</summary>
internal sealed class Decide : IStep
{
    public string Name => "decide";

    public async Task RunAsync(World world, CancellationToken cancellationToken)
    {
        var decider = await world.AtEdgeAsync("decision.maker", cancellationToken);
        var path = $"/permit/v1/cases/{world.Case}";
        var read = await decider.GetAsync(path, cancellationToken);
        var decision = new JsonObject { ["outcome"] = "granted", ["reasons"] = "As proposed." };
        var decided = await decider.PostAsync(
            $"{path}/decision",
            decision,
            cancellationToken,
            ifMatch: $"\"{(int)read["version"]!}\""
        );
        world.Lineage = (string)decided["permit"]!["lineage"]!;
    }
}
