namespace HealthDataNode.Journey.Steps;

/// <summary>
/// Two persons turn out to be one: the population register says so while the data are in the room, and the room is
/// told which pseudonym stands for both, sealed to it (architecture §4). Nobody else learns it.
/// </summary>
internal sealed class ReceiveAlias : IStep
{
    public string Name => "receive-alias";

    public async Task RunAsync(World world, CancellationToken cancellationToken)
    {
        var inside = await world.AtDoorAsync("nora.researcher", cancellationToken);
        await Waiting.UntilAsync(
            "the alias of a late merge (population-late.csv may be used up: then start with another --data)",
            TimeSpan.FromMinutes(3),
            async () =>
            {
                var room = await inside.GetAsync($"/v1/workspaces/{world.Lineage}", cancellationToken);
                world.Aliases = (int)room["aliases"]!;
                return world.Aliases > 0;
            },
            cancellationToken
        );
    }
}
