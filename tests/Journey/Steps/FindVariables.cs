namespace HealthDataNode.Journey.Steps;

/// <summary>The data user finds three sources and picks their variables.</summary>
internal sealed class FindVariables : IStep
{
    public string Name => "find-variables";

    public async Task RunAsync(World world, CancellationToken cancellationToken)
    {
        var browser = await world.AtEdgeAsync("nora.researcher", cancellationToken);
        foreach (var (source, word) in new[] { ("cancer", "stage"), ("death", "underlying_cause"), ("treatment", "modality") })
        {
            var found = await browser.GetAsync($"/catalogue/v1/descriptions?q={word}", cancellationToken);
            if (!found.ToJsonString().Contains($"\"{source}\"", StringComparison.Ordinal))
            {
                throw new StepFailedException($"A search for {word} does not find the source {source}.");
            }
            var description = await browser.GetAsync($"/catalogue/v1/descriptions/{source}", cancellationToken);
            world.Variables[source] = [.. description["variables"]!.AsArray().Select(variable => (string)variable!["name"]!)];
        }
    }
}
