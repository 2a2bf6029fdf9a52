using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using HealthDataNode.Protocol.Documents;

namespace HealthDataNode.Services.Tests.ReferenceSpe;

/// <summary>What leaves a room leaves through the airlock: automatic checks, then two people who have no part in it
/// (EHDS 73(2), 55(3)).</summary>
public sealed class Taking_out_a_result(PatientRoom room) : IClassFixture<PatientRoom>
{
    private const string Oda = "5b0f5a6e-0000-4000-8000-00000000000c";
    private const string Odd = "5b0f5a6e-0000-4000-8000-00000000000d";
    private const string Table = "SELECT 'all' AS grp, count(*) AS n, 12.5::DOUBLE AS mean FROM cancer";

    private static readonly string[] Actions = ["output-requested", "output-checked", "output-voted", "output-released", "output-fetched"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Invariant", "3")]
    [Trait("Article", "EHDS 73(2)")]
    public async Task Needs_two_people_who_say_yes_to_the_same_files()
    {
        var output = await AskAsync(Table);
        Assert.Equal(("open", 0), (State(output), output.GetProperty("findings").GetArrayLength()));
        using var oda = await CheckerAsync(Oda);
        using var odd = await CheckerAsync(Odd);
        var seen = await oda.GetFromJsonAsync<JsonElement>($"/v1/outputs/{Id(output)}", Cancel);
        Assert.Equal(output.GetProperty("digest").GetString(), seen.GetProperty("digest").GetString());
        var file = seen.GetProperty("files")[0].GetProperty("name").GetString()!;
        var read = await oda.GetByteArrayAsync(new Uri($"/v1/outputs/{Id(output)}/files/{file}", UriKind.Relative), Cancel);
        Assert.Equal(HttpStatusCode.NotFound, await FetchAsync(output, file));

        Assert.Equal(HttpStatusCode.NoContent, await VoteAsync(oda, seen));
        Assert.Equal("open", State(await ReadAsync(output)));
        Assert.Equal(HttpStatusCode.NotFound, await FetchAsync(output, file));
        Assert.Equal(HttpStatusCode.NoContent, await VoteAsync(odd, seen));

        Assert.Equal("released", State(await ReadAsync(output)));
        var fetched = await room.Nora.GetByteArrayAsync(
            new Uri($"/v1/workspaces/{room.Grant.Lineage}/outputs/{Id(output)}/files/{file}", UriKind.Relative),
            Cancel
        );
        Assert.Equal(read, fetched);
        Assert.Equal("grp,n,mean\nall,5,12.5\n", Encoding.UTF8.GetString(fetched));

        await SpeWorld.UntilAsync(
            "the release is at the node",
            () => room.World.Node.Releases.Any(r => r.Text.Length > 0 && Of(r.Text).Request == Id(output))
        );
        var sent = room.World.Node.Releases.Single(r => Of(r.Text).Request == Id(output));
        var release = room.World.Trust.Verify<Release>(sent.Text, SpeWorld.Spe).Payload;
        Assert.Equal(room.Grant.Lineage, sent.Lineage);
        Assert.Equal(room.Grant.Permit.Digest, release.Permit);
        Assert.Equal(seen.GetProperty("digest").GetString(), release.Digest);
        Assert.Equal([Oda, Odd], release.Votes.Select(v => v.Sub));
        Assert.Contains(new ReleaseRule("cells", "passed"), release.Rules);
        Assert.Contains(new ReleaseRule("metadata", "not-applicable"), release.Rules);
        await SpeWorld.UntilAsync(
            "it is all in the audit log",
            () => Actions.All(action => room.World.Node.Audit.Any(e => e.Action == action && e.Details!["output"] == Id(output)))
        );
    }

    [Fact]
    [Trait("Article", "EHDS 73(2)")]
    public async Task Releases_the_files_of_several_jobs_together()
    {
        var output = await AskForTwoAsync(Table, "SELECT 'most' AS grp, count(*) AS n, 7::DOUBLE AS mean FROM cancer");
        using var oda = await CheckerAsync(Oda);
        using var odd = await CheckerAsync(Odd);
        var seen = await oda.GetFromJsonAsync<JsonElement>($"/v1/outputs/{Id(output)}", Cancel);
        Assert.Equal(
            ["first.csv", "second.csv"],
            seen.GetProperty("files").EnumerateArray().Select(f => f.GetProperty("name").GetString())
        );
        Assert.Equal(HttpStatusCode.NoContent, await VoteAsync(oda, seen));
        Assert.Equal(HttpStatusCode.NoContent, await VoteAsync(odd, seen));
        Assert.Equal("grp,n,mean\nall,5,12.5\n", await TextAsync("first.csv"));
        Assert.Equal("grp,n,mean\nmost,5,7.0\n", await TextAsync("second.csv"));
        Assert.Equal(HttpStatusCode.NotFound, await FetchAsync(output, "result.csv"));

        await SpeWorld.UntilAsync("the release is at the node", () => room.World.Node.Releases.Any(r => Of(r.Text).Request == Id(output)));
        var release = Of(room.World.Node.Releases.Single(r => Of(r.Text).Request == Id(output)).Text);
        Assert.Equal(["first.csv", "second.csv"], release.Files.Select(file => file.Name));
        Assert.Equal(seen.GetProperty("digest").GetString(), Release.DigestOf(release.Files));

        // All of it is as it was voted on, or nothing of it leaves.
        await File.AppendAllTextAsync(Path.Combine(FilesOf(output), "second.csv"), "more,5,1\n", Cancel);
        Assert.Equal(HttpStatusCode.NotFound, await FetchAsync(output, "first.csv"));

        Task<string> TextAsync(string name) =>
            room.Nora.GetStringAsync($"/v1/workspaces/{room.Grant.Lineage}/outputs/{Id(output)}/files/{name}", Cancel);
    }

    [Fact]
    public async Task Refuses_all_files_for_one_that_is_bad_and_says_which()
    {
        var output = await AskForTwoAsync(
            Table,
            "SELECT treatment_group AS grp, count(*) AS n, 1.5::DOUBLE AS mean FROM cancer GROUP BY 1 ORDER BY n DESC"
        );
        Assert.Equal("refused", State(output));
        var cells = RefusalRow.Says("R96", "output");
        Assert.All(
            output.GetProperty("findings").EnumerateArray(),
            f => Assert.Equal((cells, "second.csv"), (f.GetProperty("rule").GetString(), f.GetProperty("file").GetString()))
        );
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(FilesOf(output))!));
        Assert.Equal(HttpStatusCode.NotFound, await FetchAsync(output, "first.csv"));
    }

    [Theory]
    [InlineData("name of file 1")]
    [InlineData("purpose")]
    [InlineData("context")]
    public async Task Refuses_a_request_that_hides_something_in_its_words(string where)
    {
        var job = await room.RunAsync(Table);
        var number = Protocol.Synthetic.Number(0);
        var output = await AskAsync(
            where == "purpose" ? $"Table {number}" : "Table 2",
            where == "context" ? number : "Groups",
            FileOf(job, name: where.StartsWith("name", StringComparison.Ordinal) ? $"t-{number}" : null)
        );
        Assert.Equal("refused", State(output));
        var finding = Assert.Single(output.GetProperty("findings").EnumerateArray());
        Assert.Equal(
            (RefusalRow.Says("R100", "output"), where),
            (finding.GetProperty("rule").GetString(), finding.GetProperty("file").GetString())
        );
        Assert.DoesNotContain(number, output.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_a_table_with_a_cell_of_a_few_persons()
    {
        var output = await AskAsync(
            "SELECT treatment_group AS grp, count(*) AS n, 1.5::DOUBLE AS mean FROM cancer GROUP BY 1 ORDER BY n DESC"
        );
        Assert.Equal("refused", State(output));
        var finding = output.GetProperty("findings")[0];
        Assert.Equal(
            (RefusalRow.Says("R75", "output"), "result.csv", "line 2, column 2"),
            (finding.GetProperty("rule").GetString(), finding.GetProperty("file").GetString(), finding.GetProperty("place").GetString())
        );
        Assert.DoesNotContain(SpeRoom.Cell, output.GetRawText(), StringComparison.Ordinal);
        using var oda = await CheckerAsync(Oda);
        using var hidden = await oda.GetAsync(new Uri($"/v1/outputs/{Id(output)}", UriKind.Relative), Cancel);
        Assert.Equal(HttpStatusCode.NotFound, hidden.StatusCode);
    }

    [Fact]
    public async Task Refuses_the_rows_of_persons()
    {
        var output = await AskAsync("SELECT pseudonym AS grp, 5 AS n, 1.5::DOUBLE AS mean FROM cancer");
        Assert.Equal("refused", State(output));
        Assert.Equal(RefusalRow.Says("R76", "output"), output.GetProperty("findings")[0].GetProperty("rule").GetString());
    }

    [Theory]
    [InlineData("first.csv")]
    [InlineData("second.csv")]
    public async Task Refuses_a_file_that_was_changed_after_the_first_vote(string changed)
    {
        var output = await AskForTwoAsync(Table, Table);
        using var oda = await CheckerAsync(Oda);
        using var odd = await CheckerAsync(Odd);
        Assert.Equal(HttpStatusCode.NoContent, await VoteAsync(oda, output));
        await File.AppendAllTextAsync(Path.Combine(FilesOf(output), changed), "more,5,1\n", Cancel);

        Assert.Equal(RefusalRow.Call("R78"), await RefusedVoteAsync(odd, output));
        var refused = await ReadAsync(output);
        Assert.False(Directory.Exists(FilesOf(output)));
        Assert.Equal(("refused", "changed"), (State(refused), refused.GetProperty("findings")[0].GetProperty("rule").GetString()));
        Assert.Equal(HttpStatusCode.NotFound, await FetchAsync(output, "first.csv"));
        Assert.Equal(HttpStatusCode.NotFound, await FetchAsync(output, "second.csv"));
        Assert.DoesNotContain(room.World.Node.Releases, r => Of(r.Text).Request == Id(output));
    }

    [Fact]
    public async Task Refuses_a_vote_over_another_digest()
    {
        var output = await AskAsync(Table);
        using var oda = await CheckerAsync(Oda);
        Assert.Equal(RefusalRow.Call("R79"), await RefusedVoteAsync(oda, output, digest: new string('a', 64)));
        Assert.Equal("open", State(await ReadAsync(output)));
    }

    [Fact]
    public async Task Ends_with_the_first_no()
    {
        var output = await AskAsync(Table);
        using var oda = await CheckerAsync(Oda);
        using var odd = await CheckerAsync(Odd);
        Assert.Equal(HttpStatusCode.NoContent, await VoteAsync(oda, output, "reject"));
        Assert.Equal("rejected", State(await ReadAsync(output)));
        Assert.False(Directory.Exists(FilesOf(output)));
        Assert.Equal(HttpStatusCode.Conflict, await VoteAsync(odd, output));
        Assert.Equal(HttpStatusCode.NotFound, await FetchAsync(output, "result.csv"));
    }

    [Fact]
    public async Task Counts_nobody_twice()
    {
        var output = await AskAsync(Table);
        using var oda = await CheckerAsync(Oda);
        Assert.Equal(HttpStatusCode.NoContent, await VoteAsync(oda, output));
        Assert.Equal(HttpStatusCode.NoContent, await VoteAsync(oda, output));
        Assert.Equal(HttpStatusCode.Conflict, await VoteAsync(oda, output, "reject"));
        Assert.Equal("open", State(await ReadAsync(output)));
    }

    [Fact]
    [Trait("Invariant", "3")]
    [Trait("Article", "EHDS 55(3)")]
    public async Task Lets_nobody_who_is_in_the_permit_judge()
    {
        var output = await AskAsync(Table);
        using var nora = await CheckerAsync(SpeWorld.Nora);
        Assert.DoesNotContain(Id(output), await nora.GetStringAsync("/v1/outputs", Cancel), StringComparison.Ordinal);
        Assert.Equal(RefusalRow.Call("R77"), await RefusedVoteAsync(nora, output));
        Assert.Equal("open", State(await ReadAsync(output)));
        await SpeWorld.UntilAsync(
            "the attempt is in the audit log",
            () => room.World.Node.Audit.Any(e => e.Action == "call-refused" && e.Sub == SpeWorld.Nora && e.Details!["status"] == "403")
        );
    }

    [Theory]
    [InlineData("output-checker", "hospitaltrust")]
    [InlineData("data-user", "hdab")]
    [InlineData("output-checker", null)]
    [InlineData(null, "hdab")]
    public async Task Lets_nobody_judge_who_is_no_output_checker_of_the_authority(string? role, string? authority)
    {
        using var person = await room.World.PersonAsync(SpeWorld.Ivar, role: role, authority: authority);
        foreach (var path in (string[])["/v1/outputs", "/v1/outputs/1", "/v1/outputs/1/files/result.csv"])
        {
            using var answer = await person.GetAsync(new Uri(path, UriKind.Relative), Cancel);
            Assert.Equal(RefusalRow.Call("R80"), await SpeRoom.ProblemAsync(answer));
        }
    }

    [Fact]
    public async Task Shows_a_checker_neither_who_asked_nor_what_another_said()
    {
        var output = await AskAsync(Table);
        using var oda = await CheckerAsync(Oda);
        using var odd = await CheckerAsync(Odd);
        var before = await odd.GetStringAsync($"/v1/outputs/{Id(output)}", Cancel);
        Assert.Equal(HttpStatusCode.NoContent, await VoteAsync(oda, output));
        Assert.Equal(before, await odd.GetStringAsync($"/v1/outputs/{Id(output)}", Cancel));
        Assert.DoesNotContain(SpeWorld.Nora, before, StringComparison.Ordinal);
        Assert.DoesNotContain(Oda, before, StringComparison.Ordinal);
        var mine = await oda.GetFromJsonAsync<JsonElement>($"/v1/outputs/{Id(output)}", Cancel);
        Assert.True(mine.GetProperty("hasVoted").GetBoolean());
        Assert.DoesNotContain(Oda, (await ReadAsync(output)).GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Takes_no_vote_from_a_page_of_somebody_else()
    {
        var output = await AskAsync(Table);
        using var forged = await room.World.PersonAsync(Oda, csrf: false, role: "output-checker", authority: "hdab");
        Assert.Equal(HttpStatusCode.Forbidden, await VoteAsync(forged, output));
    }

    [Theory]
    [InlineData("R70", "an identifier in UTF-16", "csv")]
    [InlineData("R71", "an identifier in a zip in a zip", "csv")]
    [InlineData("R72", "an identifier in a split column", "csv")]
    [InlineData("R73", "a comment of an image", "png")]
    [InlineData("R74", "too large", "csv")]
    [InlineData(null, "a table that is an image", "png")]
    public async Task Refuses_a_file_that_hides_something(string? refusal, string what, string format)
    {
        var rule = refusal is null ? "type" : RefusalRow.Says(refusal, "output");
        var job = await room.RunAsync(Table);
        await File.WriteAllBytesAsync(Path.Combine(room.FolderOf(job), "made.file"), Hidden.File(what), Cancel);
        var output = await AskAsync("Figure 1.", "What it shows.", FileOf(job, "made.file", format));
        Assert.Equal("refused", State(output));
        Assert.Contains(output.GetProperty("findings").EnumerateArray(), f => f.GetProperty("rule").GetString() == rule);
        Assert.DoesNotContain(Protocol.Synthetic.Number(0), output.GetRawText(), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(room.World.Data, room.Grant.Lineage, "outputs", Id(output))));
    }

    [Theory]
    [InlineData("../../state.db", "csv", "group", "file")]
    [InlineData("result.parquet", "xlsx", "group", "format")]
    [InlineData("result.parquet", "csv", "sum", "columns")]
    [InlineData("result.parquet", "csv", "measure", "columns")]
    public async Task Takes_no_request_that_is_not_whole(string file, string format, string kind, string field)
    {
        var errors = await ErrorsAsync([
            new JsonObject
            {
                ["job"] = "j",
                ["file"] = file,
                ["format"] = format,
                ["columns"] = new JsonObject { ["grp"] = kind },
            },
        ]);
        Assert.Contains($"files[0].{field}", errors);
    }

    [Fact]
    public async Task Takes_no_table_out_as_Parquet()
    {
        var parquet = Any("table");
        parquet["format"] = "parquet";
        Assert.Equal(["files[0].format"], await ErrorsAsync([parquet], RefusalRow.Call("R104")));
    }

    [Fact]
    public async Task Takes_no_two_files_of_one_name() =>
        Assert.Equal(["files[1].name"], await ErrorsAsync([Any("table"), Any("TABLE"), Any("figure")], RefusalRow.Call("R97")));

    [Fact]
    public async Task Takes_no_name_that_leads_elsewhere() => Assert.Equal(["files[0].name"], await ErrorsAsync([Any("../table")]));

    [Theory]
    [InlineData(0)]
    [InlineData(21)]
    public async Task Takes_no_more_files_than_a_request_may_have_and_no_less_than_one(int files) =>
        Assert.Equal(["files"], await ErrorsAsync([.. Enumerable.Range(0, files).Select(i => Any($"table-{i}"))], RefusalRow.Call("R98")));

    [Theory]
    [InlineData("/v1/outputs")]
    [InlineData("/v1/workspaces")]
    public async Task Takes_no_token_for_another_environment_at_the_door(string path)
    {
        using var machine = room.World.Machine(audience: "otherspe");
        using var answer = await machine.GetAsync(new Uri(path, UriKind.Relative), Cancel);
        Assert.Equal(RefusalRow.Call("R81"), await SpeRoom.ProblemAsync(answer));
        using var ingress = await machine.PostAsJsonAsync("/ingress/v1/orders/1/manifest", new { }, Cancel);
        Assert.Equal(RefusalRow.Call("R81"), await SpeRoom.ProblemAsync(ingress));
    }

    [Fact]
    public async Task Gives_another_persons_permit_no_part_of_it()
    {
        var output = await AskAsync(Table);
        using var ivar = await room.World.PersonAsync(SpeWorld.Ivar);
        using var read = await ivar.GetAsync(
            new Uri($"/v1/workspaces/{room.Grant.Lineage}/outputs/{Id(output)}", UriKind.Relative),
            Cancel
        );
        Assert.Equal(HttpStatusCode.NotFound, read.StatusCode);
    }

    private static Release Of(string text) => JsonSerializer.Deserialize(Jws.Read(text).Payload.Span, Release.Json)!;

    private static string Id(JsonElement output) => output.GetProperty("id").GetString()!;

    private static string State(JsonElement output) => output.GetProperty("state").GetString()!;

    private string FilesOf(JsonElement output) => Path.Combine(room.World.Data, room.Grant.Lineage, "outputs", Id(output), "files");

    private Task<HttpClient> CheckerAsync(string sub) => room.World.PersonAsync(sub, role: "output-checker", authority: "hdab");

    private async Task<JsonElement> AskAsync(string sql) =>
        await AskAsync("Table 2 of an article.", "One row for each group.", FileOf(await room.RunAsync(sql)));

    private async Task<JsonElement> AskForTwoAsync(string first, string second) =>
        await AskAsync(
            "Tables 2 and 3 of an article.",
            "One row for each group.",
            FileOf(await room.RunAsync(first), name: "first"),
            FileOf(await room.RunAsync(second), name: "second")
        );

    private async Task<JsonElement> AskAsync(string purpose, string context, params JsonNode[] files)
    {
        await room.UntilOpenAsync();
        using var asked = await PostAsync(purpose, context, files);
        Assert.Equal(HttpStatusCode.Accepted, asked.StatusCode);
        var output = await asked.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        var until = DateTime.UtcNow.AddSeconds(30);
        while (State(output) == "checking")
        {
            Assert.True(DateTime.UtcNow < until, "The checks did not end.");
            await Task.Delay(50, Cancel);
            output = await ReadAsync(output);
        }

        return output;
    }

    private async Task<IEnumerable<string>> ErrorsAsync(JsonNode[] files, (int Status, string Problem)? refusal = null)
    {
        using var answer = await PostAsync("p", "c", files);
        Assert.Equal(refusal ?? (400, "invalid-request"), await SpeRoom.ProblemAsync(answer));
        var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancel)).RootElement;
        return problem.GetProperty("errors").EnumerateObject().Select(error => error.Name);
    }

    private Task<HttpResponseMessage> PostAsync(string purpose, string context, JsonNode[] files) =>
        room.Nora.PostAsJsonAsync(
            $"/v1/workspaces/{room.Grant.Lineage}/outputs",
            new JsonObject
            {
                ["files"] = new JsonArray(files),
                ["purpose"] = purpose,
                ["context"] = context,
            },
            Cancel
        );

    private static JsonObject Any(string name) =>
        new()
        {
            ["job"] = "j",
            ["format"] = "csv",
            ["name"] = name,
            ["columns"] = new JsonObject { ["n"] = "count" },
        };

    private static JsonObject FileOf(JsonElement job, string file = "result.parquet", string format = "csv", string? name = null)
    {
        Assert.Equal("done", SpeRoom.State(job));
        var asked = new JsonObject
        {
            ["job"] = job.GetProperty("id").GetString(),
            ["file"] = file,
            ["format"] = format,
            ["columns"] = new JsonObject
            {
                ["grp"] = "group",
                ["n"] = "count",
                ["mean"] = "measure",
            },
        };
        if (name is not null)
        {
            asked["name"] = name;
        }

        return asked;
    }

    private Task<JsonElement> ReadAsync(JsonElement output) =>
        room.Nora.GetFromJsonAsync<JsonElement>($"/v1/workspaces/{room.Grant.Lineage}/outputs/{Id(output)}", Cancel);

    private async Task<HttpStatusCode> FetchAsync(JsonElement output, string file)
    {
        using var answer = await room.Nora.GetAsync(
            new Uri($"/v1/workspaces/{room.Grant.Lineage}/outputs/{Id(output)}/files/{file}", UriKind.Relative),
            Cancel
        );
        return answer.StatusCode;
    }

    private static async Task<HttpStatusCode> VoteAsync(HttpClient person, JsonElement output, string vote = "approve")
    {
        using var answer = await CastAsync(person, output, vote);
        return answer.StatusCode;
    }

    private static async Task<(int Status, string Problem)> RefusedVoteAsync(HttpClient person, JsonElement output, string? digest = null)
    {
        using var answer = await CastAsync(person, output, "approve", digest);
        return await SpeRoom.ProblemAsync(answer);
    }

    private static Task<HttpResponseMessage> CastAsync(HttpClient person, JsonElement output, string vote, string? digest = null) =>
        person.PostAsJsonAsync(
            $"/v1/outputs/{Id(output)}/votes",
            new
            {
                digest = digest ?? output.GetProperty("digest").GetString(),
                vote,
                reasons = "Every cell is large.",
            },
            Cancel
        );
}
