using System.Net;
using System.Text.Json.Nodes;

namespace HealthDataNode.Journey.Steps;

/// <summary>
/// Results leave through the airlock alone (EHDS 73(2)): the survival table together with one that has a cell of three
/// persons is refused by the checks before anybody reads it; the survival table and the whole cohort's are released by
/// two output checkers, and fetched at the door.
/// </summary>
internal sealed class TakeOutResults : IStep
{
    private const string Requester = "nora.researcher";

    // Three persons, whoever they are.
    private const string Few = """
        SELECT 'first three' AS chosen, count(*) AS persons
        FROM (SELECT DISTINCT pseudonym FROM cancer ORDER BY pseudonym LIMIT 3)
        """;

    private const string All = "SELECT 'all' AS chosen, count(DISTINCT pseudonym) AS persons FROM cancer";

    public string Name => "take-out-results";

    public async Task RunAsync(World world, CancellationToken cancellationToken)
    {
        var inside = await world.AtDoorAsync(Requester, cancellationToken);
        var survival = FileOf(
            "survival",
            world.Job!,
            new JsonObject
            {
                ["treatment_group"] = "group",
                ["persons"] = "count",
                ["deaths"] = "count",
                ["days"] = "measure",
            }
        );
        var few = await Jobs.RunAsync(inside, world.Lineage!, Few, cancellationToken);
        var refused = await AskAsync(
            world,
            inside,
            "Three persons beside a table of many, to see that nothing of it leaves.",
            [survival.DeepClone(), FileOf("few", few, Chosen())],
            cancellationToken
        );
        Is("refused", refused);
        var findings = refused["findings"]!.AsArray();
        if (findings.Count == 0 || findings.Any(finding => (string?)finding!["file"] != "few.csv"))
        {
            throw new StepFailedException("The output with a cell of three persons was refused without a finding that names its file.");
        }

        var all = await Jobs.RunAsync(inside, world.Lineage!, All, cancellationToken);
        var asked = await AskAsync(
            world,
            inside,
            "Survival table by treatment group and the size of the cohort, for a paper.",
            [survival, FileOf("cohort", all, Chosen())],
            cancellationToken
        );
        Is("open", asked);
        var id = (string)asked["id"]!;
        foreach (var checker in new[] { "output.checker", "second.checker" })
        {
            await ApproveAsync(world, checker, id, cancellationToken);
        }
        var path = $"/v1/workspaces/{world.Lineage}/outputs/{id}";
        var released = await inside.GetAsync(path, cancellationToken);
        Is("released", released);
        world.Release = (string)released["digest"]!;
        var table = await inside.GetTextAsync($"{path}/files/survival.csv", cancellationToken);
        var cohort = await inside.GetTextAsync($"{path}/files/cohort.csv", cancellationToken);
        if (
            !table.StartsWith("treatment_group,persons,deaths,days", StringComparison.Ordinal)
            || table.Trim().Split('\n').Length != 3
            || !cohort.StartsWith("chosen,persons\nall,", StringComparison.Ordinal)
        )
        {
            throw new StepFailedException("What was fetched at the door is not the survival table of two groups and the cohort's.");
        }
    }

    private static JsonObject Chosen() => new() { ["chosen"] = "group", ["persons"] = "count" };

    private static JsonObject FileOf(string name, string job, JsonObject columns) =>
        new()
        {
            ["name"] = name,
            ["job"] = job,
            ["format"] = "csv",
            ["columns"] = columns,
        };

    private static async Task<JsonNode> AskAsync(
        World world,
        Browser inside,
        string purpose,
        JsonArray files,
        CancellationToken cancellationToken
    )
    {
        var outputs = $"/v1/workspaces/{world.Lineage}/outputs";
        var request = new JsonObject
        {
            ["files"] = files,
            ["purpose"] = purpose,
            ["context"] = "Persons with lung cancer of stage III or IV and a recorded first treatment; follow-up to the end of 2025.",
        };
        var asked = await inside.PostAsync(outputs, request, cancellationToken);
        await Waiting.UntilAsync(
            "the automatic checks",
            TimeSpan.FromMinutes(2),
            async () =>
            {
                asked = await inside.GetAsync($"{outputs}/{(string)asked["id"]!}", cancellationToken);
                return (string?)asked["state"] != "checking";
            },
            cancellationToken
        );
        return asked;
    }

    // Each reads what is open, the files themselves, and votes over the digest that was shown.
    private static async Task ApproveAsync(World world, string checker, string id, CancellationToken cancellationToken)
    {
        var browser = await world.AtDoorAsync(checker, cancellationToken);
        var open = await browser.GetAsync("/v1/outputs", cancellationToken);
        var listed = open.AsArray().SingleOrDefault(output => (string?)output!["id"] == id);
        if (listed is null || open.ToJsonString().Contains(world.People[Requester].Sub, StringComparison.Ordinal))
        {
            throw new StepFailedException($"{checker} does not see the request, or sees who asked.");
        }
        var output = await browser.GetAsync($"/v1/outputs/{id}", cancellationToken);
        foreach (var file in output["files"]!.AsArray())
        {
            await browser.GetTextAsync($"/v1/outputs/{id}/files/{(string)file!["name"]!}", cancellationToken);
        }
        var vote = new JsonObject
        {
            ["digest"] = (string)output["digest"]!,
            ["vote"] = "approve",
            ["reasons"] = "Two groups, each of many persons; no person can be told from it.",
        };
        await browser.PostAsync($"/v1/outputs/{id}/votes", vote, cancellationToken);
        // Nobody reads on what they have a part in: the requester never does.
        var requester = await world.AtDoorAsync(Requester, cancellationToken);
        var answer = await requester.StatusAsync(HttpMethod.Get, $"/v1/outputs/{id}", null, cancellationToken);
        if (answer is not (HttpStatusCode.Forbidden or HttpStatusCode.NotFound))
        {
            throw new StepFailedException($"The requester was answered {(int)answer} among the output checkers.");
        }
    }

    private static void Is(string state, JsonNode output)
    {
        if ((string?)output["state"] != state)
        {
            throw new StepFailedException($"The output is {output["state"]}, not {state}: {output["findings"]?.ToJsonString()}");
        }
    }
}
