using System.Text.Json.Nodes;

namespace HealthDataNode.Journey.Steps;

/// <summary>
/// The SPE's operator declares how it meets each criterion, and an auditor of another organisation approves it
/// (EHDS 73). The SPE itself has registered its addresses and keys, as every party outside does by machine.
/// </summary>
internal sealed class ApproveEnvironment : IStep
{
    public const string Environment = "referencespe";

    public string Name => "approve-environment";

    public async Task RunAsync(World world, CancellationToken cancellationToken)
    {
        var operatorBrowser = await world.AtEdgeAsync("spe.operator", cancellationToken);
        var path = $"/speregistry/v1/environments/{Environment}";
        await Waiting.UntilAsync(
            "the environment to be registered",
            TimeSpan.FromMinutes(2),
            async () => await operatorBrowser.StatusAsync(HttpMethod.Get, path, null, cancellationToken) == System.Net.HttpStatusCode.OK,
            cancellationToken
        );
        var criteria = await operatorBrowser.GetAsync("/speregistry/v1/criteria", cancellationToken);
        var today = DateTime.UtcNow.ToString("yyyy-MM-dd", null);
        var answers = criteria["criteria"]!
            .AsArray()
            .Select(criterion => new JsonObject
            {
                ["criterion"] = (string)criterion!["id"]!,
                ["answer"] = "met",
                ["evidence"] = "services/ReferenceSpe/README.md: reference environment, for demonstration.",
                ["owner"] = "Operator of the reference environment",
                ["date"] = today,
            });
        var declaration = new JsonObject { ["criteriaVersion"] = (string)criteria["version"]!, ["answers"] = new JsonArray([.. answers]) };
        await operatorBrowser.PutAsync($"{path}/declaration", declaration, cancellationToken);

        var auditor = await world.AtEdgeAsync("spe.auditor", cancellationToken);
        var approval = new JsonObject
        {
            ["until"] = DateTime.UtcNow.AddYears(1).ToString("O"),
            ["reasons"] = "All criteria are declared as met; evidence seen.",
        };
        await auditor.PostAsync($"{path}/approvals", approval, cancellationToken);
        var environment = await auditor.GetAsync(path, cancellationToken);
        if ((string?)environment["status"] != "approved")
        {
            throw new StepFailedException($"The environment is {environment["status"]}, not approved.");
        }
        world.Door = new Uri((string)environment["doorUrl"]!);
    }
}
