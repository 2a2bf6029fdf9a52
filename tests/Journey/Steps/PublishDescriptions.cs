using System.Text.Json.Nodes;

namespace HealthDataNode.Journey.Steps;

/// <summary>Each source's catalogue editor publishes its description (EHDS 60(3), 77).</summary>
internal sealed class PublishDescriptions : IStep
{
    public string Name => "publish-descriptions";

    public async Task RunAsync(World world, CancellationToken cancellationToken)
    {
        foreach (var (editor, source) in new[] { ("kari.editor", "cancer"), ("ola.editor", "death"), ("tove.editor", "treatment") })
        {
            var browser = await world.AtEdgeAsync(editor, cancellationToken);
            await browser.PutAsync($"/catalogue/v1/descriptions/{source}", Description(source), cancellationToken);
        }
    }

    private static JsonNode Description(string source)
    {
        using var stream = typeof(PublishDescriptions).Assembly.GetManifestResourceStream($"descriptions/{source}.json")!;
        return JsonNode.Parse(stream)!;
    }
}
