using System.Text.Json.Nodes;

namespace HealthDataNode.Journey;

/// <summary>A case of an application: which authority decides on which of its sources.</summary>
internal sealed record Case(string Id, string Authority, IReadOnlyList<string> Sources);

/// <summary>What an applicant does: drafts, completes and submits one application for several sources (EHDS 67).</summary>
internal static class Applying
{
    // Everybody in the register is asked for, so nobody needs to know its size: the population is the bound.
    private const int Population = 5_600_000;

    public static async Task<string> DraftAsync(World world, string person, string title, CancellationToken cancellationToken)
    {
        var browser = await world.AtEdgeAsync(person, cancellationToken);
        var draft = new JsonObject { ["title"] = title };
        var application = await browser.PostAsync("/permit/v1/applications", draft, cancellationToken);
        return (string)application["id"]!;
    }

    public static async Task CompleteAsync(
        World world,
        string person,
        string application,
        string title,
        IReadOnlyDictionary<string, IReadOnlyList<string>> variables,
        CancellationToken cancellationToken
    )
    {
        var browser = await world.AtEdgeAsync(person, cancellationToken);
        var content = Content(world.People[person].Sub, title, variables);
        await browser.PutAsync($"/permit/v1/applications/{application}", content, cancellationToken);
    }

    /// <summary>Submits; the cases into which the register of authorities divides it.</summary>
    public static async Task<IReadOnlyList<Case>> SubmitAsync(
        World world,
        string person,
        string application,
        CancellationToken cancellationToken
    )
    {
        var browser = await world.AtEdgeAsync(person, cancellationToken);
        var submitted = await browser.PostAsync($"/permit/v1/applications/{application}/submission", null, cancellationToken);
        return
        [
            .. submitted["cases"]!
                .AsArray()
                .Select(one => new Case(
                    (string)one!["id"]!,
                    (string)one["authority"]!,
                    [.. one["sources"]!.AsArray().Select(source => source is JsonValue ? (string)source! : (string)source!["source"]!)]
                )),
        ];
    }

    /// <summary>The permit of an application as its applicant sees it; null while there is none.</summary>
    public static async Task<JsonNode?> PermitAsync(World world, string person, string application, CancellationToken cancellationToken)
    {
        var browser = await world.AtEdgeAsync(person, cancellationToken);
        return (await browser.GetAsync($"/permit/v1/applications/{application}", cancellationToken))["permit"];
    }

    private static JsonObject Content(string sub, string title, IReadOnlyDictionary<string, IReadOnlyList<string>> variables) =>
        new()
        {
            ["title"] = title,
            ["purpose"] = "53(1)(e)",
            ["intendedUse"] = "Compare the survival of patients by treatment group over the whole country.",
            ["benefit"] = "Better founded choice of treatment for patients with lung cancer.",
            ["legalBasis"] = "6(1)(e)",
            ["format"] = "pseudonymised",
            ["justification"] = "Diagnosis, treatment and death must be linked person by person.",
            ["persons"] = new JsonArray(JsonValue.Create(sub)),
            ["spe"] = new JsonObject
            {
                ["party"] = Steps.ApproveEnvironment.Environment,
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
            // What one authority grants is of use before the other has decided.
            ["allOrNothing"] = false,
            ["sources"] = new JsonArray([
                .. variables.Select(source => new JsonObject
                {
                    ["source"] = source.Key,
                    ["variables"] = new JsonArray([.. source.Value.Select(variable => JsonValue.Create(variable))]),
                    ["expectedPersons"] = Population,
                    ["scope"] = "Everybody in the register, all years.",
                }),
            ]),
        };
}
