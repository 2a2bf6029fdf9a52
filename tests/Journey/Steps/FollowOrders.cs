namespace HealthDataNode.Journey.Steps;

/// <summary>
/// Holders, Gateway, Pseudonymisation and the SPE do their part by themselves; the data user only watches the orders
/// until both sources are delivered (EHDS 60(2), 68(7)).
/// </summary>
internal sealed class FollowOrders : IStep
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(40);

    public string Name => "follow-orders";

    public async Task RunAsync(World world, CancellationToken cancellationToken)
    {
        var browser = await world.AtEdgeAsync("nora.researcher", cancellationToken);
        var orders = new Dictionary<string, string>();
        await Waiting.UntilAsync(
            "both sources to be delivered",
            Longest,
            async () =>
            {
                var listed = await browser.GetAsync("/gateway/v1/orders", cancellationToken);
                foreach (var order in listed.AsArray().Where(order => (string?)order!["lineage"] == world.Lineage))
                {
                    if ((string?)order!["state"] == "rejected")
                    {
                        throw new StepFailedException($"The order of {order["source"]} was rejected: {order["rejection"]?.ToJsonString()}");
                    }
                    if ((string?)order["state"] == "delivered")
                    {
                        orders[(string)order["source"]!] = (string)order["id"]!;
                    }
                }
                return world.Variables.Keys.All(orders.ContainsKey);
            },
            cancellationToken
        );
        world.PartsRepeated = 0;
        foreach (var id in orders.Values)
        {
            var order = await browser.GetAsync($"/gateway/v1/orders/{id}", cancellationToken);
            world.PartsRepeated += (int?)order["partsRepeated"] ?? 0;
        }
    }
}
