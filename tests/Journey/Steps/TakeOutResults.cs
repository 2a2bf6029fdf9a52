using System.Net;
using System.Text.Json.Nodes;

namespace HealthDataNode.Journey.Steps;

/// <summary>
/// Results leave through the airlock alone (EHDS 73(2)): a table with a cell of three persons is refused by the checks
/// before anybody reads it; the survival table is released by two output checkers, and fetched at the door.
/// </summary>
internal sealed class TakeOutResults : IStep
{
    private const string Requester = "nora.researcher";

    // Three persons, whoever they are.
    private const string Few = """
        SELECT 'first three' AS chosen, count(*) AS persons
        FROM (SELECT DISTINCT pseudonym FROM cancer ORDER BY pseudonym LIMIT 3)
        """;

    public string Name => "take-out-results";

    public async Task RunAsync(World world, CancellationToken cancellationToken)
    {
        var inside = await world.AtDoorAsync(Requester, cancellationToken);
        var few = await Jobs.RunAsync(inside, world.Lineage!, Few, cancellationToken);
        var refused = await AskAsync(
            world,
            inside,
            few,
            "Three persons, to see that they do not leave.",
            new JsonObject { ["chosen"] = "group", ["persons"] = "count" },
            cancellationToken
        );
        Is("refused", refused);
        if (refused["findings"]!.AsArray().Count == 0)
        {
            throw new StepFailedException("The output with a cell of three persons was refused without a finding.");
        }

        var asked = await AskAsync(
            world,
            inside,
            world.Job!,
            "Survival table by treatment group, for a paper.",
            new JsonObject
            {
                ["treatment_group"] = "group",
                ["persons"] = "count",
                ["deaths"] = "count",
                ["days"] = "measure",
            },
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
        var table = await inside.GetTextAsync($"{path}/files/{(string)released["files"]![0]!}", cancellationToken);
        if (!table.StartsWith("treatment_group,persons,deaths,days", StringComparison.Ordinal) || table.Trim().Split('\n').Length != 3)
        {
            throw new StepFailedException("What was fetched at the door is not the survival table of two groups.");
        }
    }

    private static async Task<JsonNode> AskAsync(
        World world,
        Browser inside,
        string job,
        string purpose,
        JsonObject columns,
        CancellationToken cancellationToken
    )
    {
        var outputs = $"/v1/workspaces/{world.Lineage}/outputs";
        var request = new JsonObject
        {
            ["job"] = job,
            ["format"] = "csv",
            ["purpose"] = purpose,
            ["context"] = "Persons with lung cancer of stage III or IV and a recorded first treatment; follow-up to the end of 2025.",
            ["columns"] = columns,
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
