using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.ReferenceSpe.Airlock.Alone;
using HealthDataNode.ReferenceSpe.Rooms;
using HealthDataNode.ReferenceSpe.State;
using Microsoft.Extensions.DependencyInjection;

namespace HealthDataNode.Services.Tests.ReferenceSpe;

/// <summary>The airlock as a program of its own, beside an SPE that has none (EHDS 73(2)): that SPE puts permits,
/// pseudonyms and files into folders, and nothing else.</summary>
public sealed class Running_the_airlock_alone : IAsyncLifetime
{
    private const string Oda = "5b0f5a6e-0000-4000-8000-00000000000c";
    private const string Odd = "5b0f5a6e-0000-4000-8000-00000000000d";
    private const string Table = "grp,n\nall,12\n";

    private readonly SpeWorld world = new() { Build = AirlockProgram.Build };
    private readonly string rooms = Directory.CreateTempSubdirectory("hdn-rooms-").FullName;
    private Grant grant = null!;
    private HttpClient nora = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Room => Path.Combine(rooms, grant.Lineage);

    private string Kept => Path.Combine(world.Data, grant.Lineage);

    private RoomLeases Leases => world.Services.GetRequiredService<RoomLeases>();

    public async ValueTask InitializeAsync()
    {
        grant = new Grant(world);
        Put(grant);
        Write("jobs/job-1/table.csv", Table);
        await world.StartAsync(true, ("Rooms:Directory", rooms), ("Jobs:Bubblewrap", "/usr/bin/no-such-program"));
        nora = await world.PersonAsync(SpeWorld.Nora);
        await SpeWorld.UntilAsync("the room is open", () => Leases.IsOpen(grant.Lineage));
    }

    public async ValueTask DisposeAsync()
    {
        nora.Dispose();
        await world.DisposeAsync();
        Directory.Delete(rooms, recursive: true);
    }

    [Fact]
    [Trait("Invariant", "3")]
    [Trait("Article", "EHDS 73(2)")]
    public async Task Lets_a_file_of_a_folder_leave_after_two_votes()
    {
        var output = await CheckedAsync("table.csv");
        Assert.Equal("open", output.GetProperty("state").GetString());
        Assert.Equal(HttpStatusCode.NotFound, await FetchAsync(output));
        await VoteAsync(Oda, output);
        await VoteAsync(Odd, output);
        Assert.Equal(Table, await nora.GetStringAsync(PathOf(output) + "/files/table.csv", Cancel));

        await SpeWorld.UntilAsync("the release is at the node", () => !world.Node.Releases.IsEmpty);
        var (lineage, text) = Assert.Single(world.Node.Releases);
        var release = world.Trust.Verify<Release>(text, SpeWorld.Spe).Payload;
        Assert.Equal((grant.Lineage, grant.Permit.Digest), (lineage, release.Permit));
        Assert.Equal([Oda, Odd], release.Votes.Select(vote => vote.Sub));
        // The running number is the SPE's own.
        await SpeWorld.UntilAsync("it is in the audit log", () => world.Node.Audit.Any(e => e.Action == "output-fetched"));
        Assert.All(world.Node.Audit, entry => Assert.Null(entry.Number));
    }

    [Theory]
    [InlineData("grp,n\nall,3\n", "cells")]
    [InlineData("grp,n\nPSEUDONYM,12\n", "pseudonyms")]
    public async Task Refuses_what_the_checks_find(string table, string rule)
    {
        Write(
            "jobs/job-1/bad.csv",
            table.Replace("PSEUDONYM", Convert.ToHexStringLower(Consignment.Pseudonym("anna")), StringComparison.Ordinal)
        );
        var output = await CheckedAsync("bad.csv");
        Assert.Equal(("refused", rule), (output.GetProperty("state").GetString(), RuleOf(output)));
    }

    [Fact]
    public async Task Holds_a_file_to_the_permits_smallest_cell()
    {
        var next = grant.Next(world, permit => permit with { SmallestCell = 13 });
        Put(next);
        world.Node.Permits[grant.Lineage] = next.Permit;
        await SpeWorld.UntilAsync("it is held", () => world.Services.GetRequiredService<Lineages>().VersionOf(grant.Lineage) == 2);
        await SpeWorld.UntilAsync("the room is open", () => Leases.IsOpen(grant.Lineage));
        Assert.Equal("cells", RuleOf(await CheckedAsync("table.csv")));
    }

    [Fact]
    public async Task Says_that_Parquet_needs_the_sandbox_where_there_is_none()
    {
        Write("jobs/job-1/table.parquet", "PAR1");
        var finding = (await CheckedAsync("table.parquet")).GetProperty("findings")[0];
        Assert.Equal("sandbox-unavailable", finding.GetProperty("place").GetString());
    }

    [Fact]
    public async Task Checks_nothing_without_the_rooms_pseudonyms()
    {
        File.Delete(Path.Combine(Room, "pseudonyms"));
        using var asked = await AskAsync("table.csv");
        Assert.Equal(HttpStatusCode.Accepted, asked.StatusCode);
        var path = asked.Headers.Location!;
        await SpeWorld.UntilAsync("it was tried", () => Directory.Exists(Kept));
        Assert.Equal("checking", await StateAsync(path));
        Write("pseudonyms", "not a pseudonym\n");
        Assert.Equal("checking", await StateAsync(path));
        Write("pseudonyms", "");
        Put(grant);
        await SpeWorld.UntilAsync("it is checked", () => StateAsync(path).GetAwaiter().GetResult() == "open");
    }

    [Theory]
    [InlineData("a link to a file")]
    [InlineData("a job that is a link")]
    [InlineData("a way up")]
    public async Task Takes_nothing_from_outside_the_room(string how)
    {
        var secret = Path.Combine(rooms, "secret.csv");
        await File.WriteAllTextAsync(secret, Table, Cancel);
        var (job, file) = ("job-1", "secret.csv");
        switch (how)
        {
            case "a link to a file":
                File.CreateSymbolicLink(Path.Combine(Room, "jobs", "job-1", "secret.csv"), secret);
                break;
            case "a job that is a link":
                job = "job-2";
                Directory.CreateSymbolicLink(Path.Combine(Room, "jobs", job), rooms);
                break;
            default:
                (job, file) = ("..", "pseudonyms");
                break;
        }

        using var asked = await AskAsync(file, job);
        Assert.Equal(how == "a way up" ? HttpStatusCode.BadRequest : HttpStatusCode.NotFound, asked.StatusCode);
        Assert.Null(world.Services.GetRequiredService<FolderRooms>().Find(grant.Lineage, job, file));
    }

    [Fact]
    public async Task Takes_nothing_that_became_a_link_after_it_was_asked_for()
    {
        world.Node.IsSilent = true;
        await SpeWorld.UntilAsync("the room is closed", () => !Leases.IsOpen(grant.Lineage));
        var outputs = world.Services.GetRequiredService<HealthDataNode.ReferenceSpe.Airlock.Outputs>();
        var asked = outputs.Request(grant.Lineage, SpeWorld.Nora, "p", "c", [new("job-1", "table.csv", "csv", "table.csv", Columns)])!;
        var file = Path.Combine(Room, "jobs", "job-1", "table.csv");
        var secret = Path.Combine(rooms, "secret.csv");
        File.Move(file, secret);
        File.CreateSymbolicLink(file, secret);
        world.Node.IsSilent = false;
        await SpeWorld.UntilAsync("it is refused", () => outputs.Find(asked.Id)!.State == "refused");
        Assert.Equal("type", Assert.Single(outputs.Find(asked.Id)!.Findings).Rule);
    }

    [Fact]
    [Trait("Invariant", "1")]
    [Trait("Article", "EHDS 73(1)(a)")]
    public async Task Is_closed_while_the_node_does_not_say_that_it_is_open()
    {
        var output = await CheckedAsync("table.csv");
        world.Node.IsSilent = true;
        await SpeWorld.UntilAsync("the room is closed", () => !Leases.IsOpen(grant.Lineage));
        using var asked = await AskAsync("table.csv");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, asked.StatusCode);
        using var oda = await CheckerAsync(Oda);
        Assert.Equal("[]", await oda.GetStringAsync("/v1/outputs", Cancel));
        world.Node.IsSilent = false;
        await SpeWorld.UntilAsync("the room is open", () => Leases.IsOpen(grant.Lineage));
        await VoteAsync(Oda, output);
    }

    [Fact]
    [Trait("Invariant", "10")]
    [Trait("Article", "EHDS 63(3)")]
    public async Task Keeps_nothing_of_a_room_that_was_revoked_and_leaves_the_rooms_own_folder()
    {
        var output = await CheckedAsync("table.csv");
        Assert.True(Directory.Exists(Kept));
        world.Node.State = LineageStates.Revoked;
        await SpeWorld.UntilAsync("it is cleared", () => world.Node.Audit.Any(e => e.Action == "airlock-cleared"));
        Assert.False(Directory.Exists(Kept));
        Assert.True(File.Exists(Path.Combine(Room, "jobs", "job-1", "table.csv")));
        Assert.Equal(HttpStatusCode.NotFound, await FetchAsync(output));
        Assert.Empty(world.Node.Deletions);
        world.Node.State = LineageStates.InForce;
        using var asked = await AskAsync("table.csv");
        Assert.Equal(HttpStatusCode.NotFound, asked.StatusCode);
    }

    [Theory]
    [InlineData("of another SPE")]
    [InlineData("of another lineage")]
    [InlineData("signed by another")]
    [InlineData("a link")]
    public async Task Makes_no_room_of_a_permit_that_is(string what)
    {
        var bad = new Grant(world, what == "of another SPE" ? "otherspe" : SpeWorld.Spe);
        var text = what == "signed by another" ? world.SignerOf("gateway").Sign(bad.Permit.Payload).Text : bad.Permit.Text;
        var lineage = what == "of another lineage" ? "lineage-else" : bad.Lineage;
        Write("permits/1.jws", text, lineage);
        if (what == "a link")
        {
            var permit = Path.Combine(rooms, lineage, "permits", "1.jws");
            File.Move(permit, Path.Combine(rooms, "1.jws"));
            File.CreateSymbolicLink(permit, Path.Combine(rooms, "1.jws"));
        }

        Write("pseudonyms", Pseudonyms, lineage);
        Write("jobs/job-1/table.csv", Table, lineage);

        // A good one that came after it is a room: the bad one was looked at.
        var good = new Grant(world);
        Write("permits/1.jws", good.Permit.Text, good.Lineage);
        await SpeWorld.UntilAsync("the good one is a room", () => Leases.IsOpen(good.Lineage));
        Assert.False(Leases.IsOpen(lineage));
        using var asked = await AskAsync("table.csv", lineage: lineage);
        Assert.Equal(HttpStatusCode.NotFound, asked.StatusCode);
    }

    [Fact]
    public async Task Drops_what_was_asked_for_when_the_permit_names_a_source_no_longer()
    {
        var output = await CheckedAsync("table.csv");
        var next = grant.Next(world, permit => permit with { Sources = [permit.Sources[1]] });
        world.Node.Permits[grant.Lineage] = next.Permit;
        await SpeWorld.UntilAsync("the room is closed", () => !Leases.IsOpen(grant.Lineage));
        Put(next);
        await SpeWorld.UntilAsync("the room is open", () => Leases.IsOpen(grant.Lineage));
        Assert.False(Directory.Exists(Path.Combine(Kept, "outputs")));
        Assert.Equal(HttpStatusCode.NotFound, await FetchAsync(output));
    }

    private static readonly Dictionary<string, string> Columns = new() { ["grp"] = "group", ["n"] = "count" };

    private static string Pseudonyms =>
        string.Concat(((string[])["anna", "berit"]).Select(p => Convert.ToHexStringLower(Consignment.Pseudonym(p)) + "\n"));

    private void Put(Grant granted)
    {
        Write($"permits/{granted.Permit.Payload.Version}.jws", granted.Permit.Text);
        Write("pseudonyms", Pseudonyms);
    }

    // As the contract has it: written beside, then named.
    private void Write(string path, string text, string? lineage = null)
    {
        var file = Path.Combine(rooms, lineage ?? grant.Lineage, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file + ".new", text);
        File.Move(file + ".new", file, overwrite: true);
    }

    private static string RuleOf(JsonElement output) => output.GetProperty("findings")[0].GetProperty("rule").GetString()!;

    private string PathOf(JsonElement output) => $"/v1/workspaces/{grant.Lineage}/outputs/{output.GetProperty("id").GetString()}";

    private Task<HttpResponseMessage> AskAsync(string file, string job = "job-1", string? lineage = null) =>
        nora.PostAsJsonAsync(
            $"/v1/workspaces/{lineage ?? grant.Lineage}/outputs",
            new
            {
                files = new[]
                {
                    new
                    {
                        job,
                        file,
                        format = "csv",
                        columns = Columns,
                    },
                },
                purpose = "Table 2 of an article.",
                context = "One row for each group.",
            },
            Cancel
        );

    private async Task<JsonElement> CheckedAsync(string file)
    {
        using var asked = await AskAsync(file);
        Assert.Equal(HttpStatusCode.Accepted, asked.StatusCode);
        await SpeWorld.UntilAsync("it is checked", () => StateAsync(asked.Headers.Location!).GetAwaiter().GetResult() != "checking");
        return await nora.GetFromJsonAsync<JsonElement>(asked.Headers.Location!, Cancel);
    }

    private async Task<string> StateAsync(Uri path)
    {
        using var answer = await nora.GetAsync(path, Cancel);
        // A lease that is late shuts the room for a moment.
        return answer.IsSuccessStatusCode
            ? (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("state").GetString()!
            : "checking";
    }

    private async Task<HttpStatusCode> FetchAsync(JsonElement output)
    {
        using var answer = await nora.GetAsync(new Uri(PathOf(output) + "/files/table.csv", UriKind.Relative), Cancel);
        return answer.StatusCode;
    }

    private Task<HttpClient> CheckerAsync(string sub) => world.PersonAsync(sub, role: "output-checker", authority: "hdab");

    private async Task VoteAsync(string sub, JsonElement output)
    {
        using var checker = await CheckerAsync(sub);
        using var vote = await checker.PostAsJsonAsync(
            $"/v1/outputs/{output.GetProperty("id").GetString()}/votes",
            new
            {
                digest = output.GetProperty("digest").GetString(),
                vote = "approve",
                reasons = "Every cell is large.",
            },
            Cancel
        );
        Assert.Equal(HttpStatusCode.NoContent, vote.StatusCode);
    }
}
