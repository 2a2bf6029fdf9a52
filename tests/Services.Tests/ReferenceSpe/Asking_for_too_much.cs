using System.Net;
using System.Net.Http.Json;
using HealthDataNode.ReferenceSpe.Airlock;
using HealthDataNode.ReferenceSpe.Jobs;
using HealthDataNode.ReferenceSpe.State;
using HealthDataNode.ReferenceSpe.Workspaces;
using Microsoft.Extensions.DependencyInjection;

namespace HealthDataNode.Services.Tests.ReferenceSpe;

/// <summary>A room that asks for more than people can look at: it waits, and keeps no other waiting.</summary>
public sealed class Asking_for_too_much(PatientRoom room) : IClassFixture<PatientRoom>
{
    private const string Oda = "5b0f5a6e-0000-4000-8000-00000000000c";

    private static readonly Dictionary<string, string> Columns = new() { ["grp"] = "group", ["n"] = "count" };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Is_refused_until_one_of_twenty_is_decided()
    {
        var job = (await room.RunAsync("SELECT 'all' AS grp, count(*) AS n FROM cancer")).GetProperty("id").GetString()!;
        var asked = new List<string>();
        for (var i = 0; i < Outputs.MostWaiting; i++)
        {
            using var answer = await AskAsync(job);
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
            asked.Add(await SpeRoom.IdAsync(answer));
        }

        using var refused = await AskAsync(job);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.EndsWith("too-many-outputs", await SpeRoom.TypeAsync(refused), StringComparison.Ordinal);
        var outputs = room.World.Services.GetRequiredService<Outputs>();
        await SpeWorld.UntilAsync("it is checked", () => outputs.Find(asked[0])!.State == OutputStates.Open, seconds: 60);
        await room.UntilOpenAsync();
        using var oda = await room.World.PersonAsync(Oda, role: "output-checker", authority: "hdab");
        using var vote = await oda.PostAsJsonAsync(
            $"/v1/outputs/{asked[0]}/votes",
            new
            {
                digest = outputs.Find(asked[0])!.Digest,
                vote = "reject",
                reasons = "It is the same as the next.",
            },
            Cancel
        );
        Assert.Equal(HttpStatusCode.NoContent, vote.StatusCode);
        using var again = await AskAsync(job);
        Assert.Equal(HttpStatusCode.Accepted, again.StatusCode);
    }

    [Fact]
    public void Is_looked_at_once_before_the_next_room_is()
    {
        Output[] waiting = [Of("1", "much"), Of("2", "much"), Of("3", "closed"), Of("4", "little")];
        Assert.Equal(["1", "4"], Round([]));
        Assert.Equal(["2"], Round(["1", "4"]));

        IEnumerable<string> Round(HashSet<string> tried) =>
            CheckOutputs.Round(waiting, tried, lineage => lineage != "closed").Select(output => output.Id);

        static Output Of(string id, string lineage) => new(id, lineage, "s", "p", "c", []);
    }

    [Fact]
    public async Task Runs_no_job_before_one_of_twenty_has_ended()
    {
        var (lineage, jobs) = (room.Grant.Lineage, room.World.Services.GetRequiredService<JobQueue>());
        var taken = new List<Job>();
        using (await room.World.Services.GetRequiredService<WorkspaceFolders>().Gate(lineage).EnterToWriteAsync(Cancel))
        {
            for (var i = 0; i < JobQueue.MostWaiting; i++)
            {
                await room.UntilOpenAsync();
                using var submitted = await room.SubmitAsync("SELECT 1 AS x");
                Assert.Equal(HttpStatusCode.Accepted, submitted.StatusCode);
                taken.Add(jobs.Find(lineage, await SpeRoom.IdAsync(submitted))!);
            }

            await IsRefusedAsync("R101");
            Assert.Equal(HttpStatusCode.Conflict, await DeleteAsync(taken[0]));
            await SpeWorld.UntilAsync("one has begun", () => jobs.Find(lineage, taken[0].Id)!.State == JobStates.Running);
            taken.Skip(1).ToList().ForEach(job => jobs.End(job, JobOutcome.Done));
        }

        await SpeWorld.UntilAsync("it has ended", () => jobs.Find(lineage, taken[0].Id)!.HasEnded, seconds: 60);
        using var again = await room.SubmitAsync("SELECT 1 AS x");
        Assert.Equal(HttpStatusCode.Accepted, again.StatusCode);
    }

    [Fact]
    public async Task Keeps_no_more_than_a_thousand_jobs_until_one_is_deleted()
    {
        var ended = await room.RunAsync("SELECT 1 AS x");
        var (lineage, jobs) = (room.Grant.Lineage, room.World.Services.GetRequiredService<JobQueue>());
        using var state = room.World.Services.GetRequiredService<StateDatabase>().Open();
        state.Execute(
            """
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $0)
            INSERT INTO job (id, lineage, sub, sql, state, submitted_at) SELECT 'old-' || i, $1, 's', '', 'done', 0 FROM n
            """,
            JobQueue.MostKept - 1,
            lineage
        );
        await IsRefusedAsync("R102");
        Assert.Equal(HttpStatusCode.NoContent, await DeleteAsync(jobs.Find(lineage, ended.GetProperty("id").GetString()!)!));
        Assert.False(Directory.Exists(room.FolderOf(ended)));
        Assert.Null(jobs.Find(lineage, ended.GetProperty("id").GetString()!));
        state.Execute("DELETE FROM job WHERE id LIKE 'old-%'");
        await SpeWorld.UntilAsync("it is in the audit log", () => room.World.Node.Audit.Any(entry => entry.Action == "job-deleted"));
    }

    private async Task IsRefusedAsync(string refusal)
    {
        await room.UntilOpenAsync();
        using var refused = await room.SubmitAsync("SELECT 1 AS x");
        Assert.Equal(RefusalRow.Call(refusal), await SpeRoom.ProblemAsync(refused));
    }

    private async Task<HttpStatusCode> DeleteAsync(Job job)
    {
        await room.UntilOpenAsync();
        using var answer = await room.Nora.DeleteAsync(new Uri($"/v1/workspaces/{job.Lineage}/jobs/{job.Id}", UriKind.Relative), Cancel);
        return answer.StatusCode;
    }

    private async Task<HttpResponseMessage> AskAsync(string job)
    {
        await room.UntilOpenAsync();
        return await room.Nora.PostAsJsonAsync(
            $"/v1/workspaces/{room.Grant.Lineage}/outputs",
            new
            {
                files = new[]
                {
                    new
                    {
                        job,
                        format = "csv",
                        columns = Columns,
                    },
                },
                purpose = "Table 2 of an article.",
                context = "One row for each treatment group.",
            },
            Cancel
        );
    }
}
