using System.Net;

namespace HealthDataNode.Journey.Steps;

/// <summary>The person named in the permit enters the room; a colleague who is not named does not (EHDS 73(1)(a)).</summary>
internal sealed class EnterRoom : IStep
{
    public string Name => "enter-room";

    public async Task RunAsync(World world, CancellationToken cancellationToken)
    {
        var inside = await world.AtDoorAsync("nora.researcher", cancellationToken);
        var rooms = await inside.GetAsync("/v1/workspaces", cancellationToken);
        if (!rooms.ToJsonString().Contains($"\"{world.Lineage}\"", StringComparison.Ordinal))
        {
            throw new StepFailedException("The room is not among those that the data user may enter.");
        }
        var outside = await world.AtDoorAsync("ivar.researcher", cancellationToken);
        var query = new System.Text.Json.Nodes.JsonObject { ["sql"] = "SELECT 1 AS one" };
        var refused = await outside.StatusAsync(HttpMethod.Post, $"/v1/workspaces/{world.Lineage}/jobs", query, cancellationToken);
        if (refused != HttpStatusCode.NotFound)
        {
            throw new StepFailedException($"A person who is not in the permit was answered {(int)refused} at the door, not 404.");
        }
    }
}
