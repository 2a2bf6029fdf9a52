using System.Text.Json.Nodes;

namespace HealthDataNode.Journey;

/// <summary>Work inside a room: SQL in, a state out; what it finds stays in the room.</summary>
internal static class Jobs
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    /// <summary>Runs a job to its end; its id.</summary>
    public static async Task<string> RunAsync(Browser inside, string lineage, string sql, CancellationToken cancellationToken)
    {
        var jobs = $"/v1/workspaces/{lineage}/jobs";
        var submitted = await inside.PostAsync(jobs, new JsonObject { ["sql"] = sql }, cancellationToken);
        var id = (string)submitted["id"]!;
        await Waiting.UntilAsync(
            "the job to end",
            Longest,
            async () =>
            {
                var job = await inside.GetAsync($"{jobs}/{id}", cancellationToken);
                return (string?)job["state"] switch
                {
                    "done" => true,
                    // Paused: the room waits for its lease and goes on.
                    "queued" or "running" or "paused" => false,
                    _ => throw new StepFailedException($"The job ended as {job.ToJsonString()}"),
                };
            },
            cancellationToken
        );
        return id;
    }
}
