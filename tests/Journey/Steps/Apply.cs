using System.Text.Json.Nodes;

namespace HealthDataNode.Journey.Steps;

/// <summary>
/// The data user drafts one application for both sources, is told everything that is missing at once, completes it and
/// submits it (EHDS 67(2)).
/// </summary>
internal sealed class Apply : IStep
{
    // Everybody in the register is asked for, so nobody needs to know its size: the population is the bound.
    private const int Population = 5_600_000;

    public string Name => "apply";

    public async Task RunAsync(World world, CancellationToken cancellationToken)
    {
        var browser = await world.AtEdgeAsync("nora.researcher", cancellationToken);
        var nora = world.People["nora.researcher"].Sub;
        var draft = new JsonObject { ["title"] = "Survival of lung cancer by treatment" };
        var application = await browser.PostAsync("/permit/v1/applications", draft, cancellationToken);
        world.Application = (string)application["id"]!;
        var path = $"/permit/v1/applications/{world.Application}";

        var missing = await browser.GetAsync($"{path}/completeness", cancellationToken);
        if ((bool?)missing["complete"] == true)
        {
            throw new StepFailedException("A draft with a title alone is called complete.");
        }
        var sources = new JsonArray();
        foreach (var (source, variables) in world.Variables)
        {
            sources.Add(
                new JsonObject
                {
                    ["source"] = source,
                    ["variables"] = new JsonArray([.. variables.Select(variable => JsonValue.Create(variable))]),
                    ["expectedPersons"] = Population,
                    ["scope"] = "Everybody in the register, all years.",
                }
            );
        }
        await browser.PutAsync(path, Complete(nora, sources), cancellationToken);
        var submitted = await browser.PostAsync($"{path}/submission", null, cancellationToken);
        world.Case = (string)submitted["case"]!["id"]!;
    }

    private static JsonObject Complete(string nora, JsonArray sources) =>
        new()
        {
            ["title"] = "Survival of lung cancer by treatment",
            ["purpose"] = "53(1)(e)",
            ["intendedUse"] = "Compare the survival of patients by treatment group over the whole country.",
            ["benefit"] = "Better founded choice of treatment for patients with lung cancer.",
            ["legalBasis"] = "6(1)(e)",
            ["format"] = "pseudonymised",
            ["justification"] = "Diagnosis and death must be linked person by person.",
            ["persons"] = new JsonArray(JsonValue.Create(nora)),
            ["spe"] = new JsonObject
            {
                ["party"] = ApproveEnvironment.Environment,
                ["reasons"] = "It has the tools that the analysis needs.",
            },
            ["period"] = new JsonObject
            {
                ["from"] = DateTime.UtcNow.AddDays(-1).ToString("yyyy-MM-dd", null),
                ["to"] = DateTime.UtcNow.AddYears(2).ToString("yyyy-MM-dd", null),
            },
            ["safeguards"] = "Work inside the analysis room alone; only aggregated results are taken out.",
            ["ethics"] = "Register study without contact with the persons; assessed by the institution.",
            ["declaredAgainst"] = new JsonArray("54(a)", "54(b)", "54(c)", "54(d)", "54(e)"),
            ["sources"] = sources,
        };
}
