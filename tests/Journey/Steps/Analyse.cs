using System.Text.Json.Nodes;

namespace HealthDataNode.Journey.Steps;

/// <summary>A job links both sources inside the room: deaths and follow-up by treatment group. Its result stays there.</summary>
internal sealed class Analyse : IStep
{
    private const string Survival = """
        SELECT c.treatment_group,
               count(*) AS tumours,
               count(d.pseudonym) AS deaths,
               sum(date_diff('day', c.diagnosis_date, coalesce(d.death_date, DATE '2025-12-31'))) AS days
        FROM cancer_typed c LEFT JOIN death_typed d USING (pseudonym)
        WHERE c.treatment_group IS NOT NULL
        GROUP BY 1 ORDER BY 1
        """;

    public string Name => "analyse";

    public async Task RunAsync(World world, CancellationToken cancellationToken)
    {
        var inside = await world.AtDoorAsync("nora.researcher", cancellationToken);
        var jobs = $"/v1/workspaces/{world.Lineage}/jobs";
        var submitted = await inside.PostAsync(jobs, new JsonObject { ["sql"] = Survival }, cancellationToken);
        world.Job = (string)submitted["id"]!;
        await Waiting.UntilAsync(
            "the job to end",
            TimeSpan.FromMinutes(5),
            async () =>
            {
                var job = await inside.GetAsync($"{jobs}/{world.Job}", cancellationToken);
                return (string?)job["state"] switch
                {
                    "done" => true,
                    "queued" or "running" => false,
                    _ => throw new StepFailedException($"The job ended as {job.ToJsonString()}"),
                };
            },
            cancellationToken
        );
    }
}
