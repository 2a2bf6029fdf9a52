using System.Text.Json.Nodes;

namespace HealthDataNode.Journey.Steps;

/// <summary>
/// The data user drafts one application for three sources, is told everything that is missing at once, completes it,
/// submits it, and knows what it may cost before anybody decides (EHDS 67(2), 62(5)).
/// </summary>
internal sealed class Apply : IStep
{
    private const string Applicant = "nora.researcher";
    private const string Title = "Survival of lung cancer by treatment";

    public string Name => "apply";

    public async Task RunAsync(World world, CancellationToken cancellationToken)
    {
        var browser = await world.AtEdgeAsync(Applicant, cancellationToken);
        world.Application = await Applying.DraftAsync(world, Applicant, Title, cancellationToken);
        var path = $"/permit/v1/applications/{world.Application}";

        var missing = await browser.GetAsync($"{path}/completeness", cancellationToken);
        if ((bool?)missing["complete"] == true)
        {
            throw new StepFailedException("A draft with a title alone is called complete.");
        }
        await Applying.CompleteAsync(world, Applicant, world.Application, Title, world.Variables, cancellationToken);
        world.Cases = await Applying.SubmitAsync(world, Applicant, world.Application, cancellationToken);

        var estimate = await browser.GetAsync($"{path}/fee-estimate", cancellationToken);
        var lines = estimate["lines"]!.AsArray();
        if (lines.Count == 0 || lines.Sum(line => line!["amount"]!.GetValue<decimal>()) != estimate["total"]!.GetValue<decimal>())
        {
            throw new StepFailedException("The fee estimate has no lines, or they do not make its total.");
        }
    }
}
