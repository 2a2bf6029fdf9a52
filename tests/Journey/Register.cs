using System.Text.Json.Nodes;

namespace HealthDataNode.Journey;

/// <summary>The public register, as anybody reads it who has not signed in.</summary>
internal static class Register
{
    /// <summary>What it says of a permit; null where it says nothing.</summary>
    public static async Task<JsonNode?> OfAsync(World world, string lineage, CancellationToken cancellationToken)
    {
        var page = await world.Anybody.GetAsync($"/permit/v1/register?lineage={lineage}", cancellationToken);
        return (page as JsonArray ?? page["items"]!.AsArray()).FirstOrDefault(entry => (string?)entry!["lineage"] == lineage);
    }
}
