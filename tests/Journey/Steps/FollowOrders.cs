namespace HealthDataNode.Journey.Steps;

/// <summary>
/// Holders, Gateway, Pseudonymisation and the SPE do their part by themselves; the data user only watches the orders
/// until all sources are delivered (EHDS 60(2), 68(7)).
/// </summary>
internal sealed class FollowOrders : IStep
{
    public string Name => "follow-orders";

    public async Task RunAsync(World world, CancellationToken cancellationToken)
    {
        var orders = await Orders.DeliveredAsync(world, "nora.researcher", world.Lineage!, world.Variables.Keys, cancellationToken);
        var browser = await world.AtEdgeAsync("nora.researcher", cancellationToken);
        world.PartsRepeated = 0;
        foreach (var id in orders.Values)
        {
            var order = await browser.GetAsync($"/gateway/v1/orders/{id}", cancellationToken);
            world.PartsRepeated += (int?)order["partsRepeated"] ?? 0;
        }
        // Exact counts are the holders' own; the public ones are rounded down.
        var deliveries = await browser.GetAsync("/gateway/v1/deliveries", cancellationToken);
        world.Rows = deliveries
            .AsArray()
            .Where(delivery => (string?)delivery!["lineage"] == world.Lineage)
            .Sum(delivery => (long?)delivery!["rows"] ?? 0);
    }
}
