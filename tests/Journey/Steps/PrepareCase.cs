using System.Text.Json.Nodes;

namespace HealthDataNode.Journey.Steps;

/// <summary>A case officer assesses the application and proposes an outcome (EHDS 68(1), (2)).</summary>
internal sealed class PrepareCase : IStep
{
    public string Name => "prepare-case";

    public async Task RunAsync(World world, CancellationToken cancellationToken)
    {
        var officer = await world.AtEdgeAsync("case.officer", cancellationToken);
        await officer.GetAsync($"/permit/v1/cases/{world.Case}", cancellationToken);
        var proposal = new JsonObject
        {
            ["outcome"] = "granted",
            ["reasons"] = "The purpose is research, the data are necessary and proportionate, the safeguards suffice.",
        };
        await officer.PostAsync($"/permit/v1/cases/{world.Case}/preparation", proposal, cancellationToken);
        // A decision of its own that the sources need (invariant 13).
        var committee = await world.AtEdgeAsync("ethics.member", cancellationToken);
        var approval = new JsonObject { ["outcome"] = "granted", ["reasons"] = "The benefit outweighs the burden." };
        await committee.PostAsync($"/permit/v1/applications/{world.Application}/approvals/ethics", approval, cancellationToken);
    }
}
