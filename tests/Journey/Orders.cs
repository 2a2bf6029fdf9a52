using System.Text.Json.Nodes;

namespace HealthDataNode.Journey;

/// <summary>Watching the orders of a permit, which holders, Gateway and SPE carry out by themselves.</summary>
internal static class Orders
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(40);

    /// <summary>Waits until every named source is delivered; the orders' ids by source.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> DeliveredAsync(
        World world,
        string person,
        string lineage,
        IReadOnlyCollection<string> sources,
        CancellationToken cancellationToken
    )
    {
        var browser = await world.AtEdgeAsync(person, cancellationToken);
        var orders = new Dictionary<string, string>();
        await Waiting.UntilAsync(
            $"{string.Join(", ", sources)} to be delivered",
            Longest,
            async () =>
            {
                foreach (var order in await OfAsync(browser, lineage, cancellationToken))
                {
                    if ((string?)order["state"] == "rejected")
                    {
                        throw new StepFailedException($"The order of {order["source"]} was rejected: {order["rejection"]?.ToJsonString()}");
                    }
                    if ((string?)order["state"] == "delivered")
                    {
                        orders[(string)order["source"]!] = (string)order["id"]!;
                    }
                }
                return sources.All(orders.ContainsKey);
            },
            cancellationToken
        );
        return orders;
    }

    /// <summary>The person's orders of a permit.</summary>
    public static async Task<IReadOnlyList<JsonNode>> OfAsync(Browser browser, string lineage, CancellationToken cancellationToken)
    {
        var listed = await browser.GetAsync("/gateway/v1/orders", cancellationToken);
        return [.. listed.AsArray().Where(order => (string?)order!["lineage"] == lineage).Select(order => order!)];
    }
}
