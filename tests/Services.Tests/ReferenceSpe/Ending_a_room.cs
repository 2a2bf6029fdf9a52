using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Leases;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.ReferenceSpe.Airlock;
using HealthDataNode.ReferenceSpe.Ingress;
using HealthDataNode.ReferenceSpe.Jobs;
using HealthDataNode.ReferenceSpe.Rooms;
using HealthDataNode.ReferenceSpe.State;
using HealthDataNode.ReferenceSpe.Workspaces;
using HealthDataNode.Services.Tests.Gateway;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace HealthDataNode.Services.Tests.ReferenceSpe;

/// <summary>A room is open while the node says so, pauses when it does not, and is gone when it has ended
/// (EHDS 63(3), 73).</summary>
public sealed class Ending_a_room : IAsyncLifetime
{
    private const string Endless = "SELECT sum(a.range * b.range % 7) FROM range(10000000) a, range(10000000) b";

    private readonly SpeRoom room = new();
    private readonly ShiftedTime time = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Folder => Path.Combine(room.World.Data, room.Grant.Lineage);

    private FakeNode Node => room.World.Node;

    public ValueTask InitializeAsync()
    {
        Node.Time = time;
        room.World.Configure = builder => builder.Services.AddSingleton<TimeProvider>(time);
        return room.StartAsync(("Jobs:Seconds", "20"), ("Jobs:MemoryMegabytes", "512"));
    }

    public ValueTask DisposeAsync() => room.DisposeAsync();

    [Fact]
    [Trait("Invariant", "10")]
    [Trait("Article", "EHDS 63(3)")]
    public async Task Deletes_everything_and_proves_it_when_the_permit_is_revoked()
    {
        var done = await room.RunAsync("SELECT 'written by a person' AS text, count(*) AS n FROM cancer");
        using var running = await room.SubmitAsync(Endless);
        await SpeWorld.UntilAsync("it runs", () => StateOf(running) == "running");
        Node.DeletionFaults = 2;
        Node.State = LineageStates.Revoked;

        await SpeWorld.UntilAsync("the proof is taken", () => !Node.Deletions.IsEmpty, seconds: 10);
        var (lineage, text) = Assert.Single(Node.Deletions);
        var proof = room.World.Trust.Verify<Deletion>(text, SpeWorld.Spe).Payload;
        Assert.Equal((room.Grant.Lineage, room.Grant.Lineage), (lineage, proof.Lineage));
        Assert.Equal(room.Grant.Permit.Digest, proof.Permit);
        Assert.Equal(["cancer", "death"], proof.Sources);
        Assert.False(Directory.Exists(Folder));
        Assert.Equal(["0", "0"], Rows("SELECT count(*) FROM job UNION ALL SELECT count(*) FROM output"));
        Assert.DoesNotContain(
            "written by a person",
            Encoding.Latin1.GetString(await File.ReadAllBytesAsync(StateDb, Cancel)),
            StringComparison.Ordinal
        );
        using var read = await room.Nora.GetAsync(
            new Uri($"/v1/workspaces/{room.Grant.Lineage}/jobs/{done.GetProperty("id").GetString()}", UriKind.Relative),
            Cancel
        );
        Assert.Equal(HttpStatusCode.NotFound, read.StatusCode);
    }

    [Fact]
    [Trait("Invariant", "10")]
    public async Task Stays_closed_after_the_node_is_gone_and_after_a_restart()
    {
        Node.State = LineageStates.Revoked;
        await SpeWorld.UntilAsync("the proof is taken", () => !Node.Deletions.IsEmpty);
        Node.IsSilent = true;
        using var silent = await room.SubmitAsync("SELECT 1 AS one");
        Assert.Equal(HttpStatusCode.NotFound, silent.StatusCode);
        await room.World.StopAsync();
        (Node.IsSilent, Node.State) = (false, LineageStates.InForce);
        await room.World.StartAsync();
        using var person = await room.World.PersonAsync(SpeWorld.Nora);
        using var again = await room.SubmitAsync("SELECT 1 AS one", person);
        Assert.Equal(HttpStatusCode.NotFound, again.StatusCode);
        using var gateway = room.World.Machine();
        var late = new Consignment(
            room.World,
            room.Grant,
            "cancer",
            [
                [
                    ["anna", "surgery", "2019-03-01", "71"],
                ],
            ]
        );
        using var unknown = await late.AnnounceOrderAsync(gateway);
        using var refused = await late.AnnounceAsync(gateway);
        foreach (var answer in new[] { unknown, refused })
        {
            Assert.Equal(RefusalRow.Call("R85"), await SpeRoom.ProblemAsync(answer));
        }

        Assert.False(Directory.Exists(Path.Combine(room.World.Data, ".ingress", late.Id)));
        Assert.False(Directory.Exists(Folder));
        Assert.Single(Node.Deletions);
    }

    [Theory]
    [InlineData("before anything was deleted")]
    [InlineData("when half of the files were")]
    [InlineData("when only the proof was missing")]
    public async Task Goes_on_with_its_end_wherever_it_was_killed(string when)
    {
        await room.World.StopAsync();
        using (var connection = new SqliteConnection($"Data Source={StateDb}"))
        {
            connection.Open();
            using var begun = connection.CreateCommand();
            begun.CommandText = "INSERT INTO room VALUES ($lineage, 'ending', 0)";
            begun.Parameters.AddWithValue("$lineage", room.Grant.Lineage);
            begun.ExecuteNonQuery();
        }

        if (when == "when half of the files were")
        {
            Directory.Delete(Path.Combine(Folder, "deliveries"), recursive: true);
        }
        else if (when == "when only the proof was missing")
        {
            Directory.Delete(Folder, recursive: true);
        }

        // The node says nothing at all: what was begun on its word is ended without it.
        Node.StateAnswer = _ => "";
        await room.World.StartAsync();
        await SpeWorld.UntilAsync("the proof is taken", () => !Node.Deletions.IsEmpty);
        Assert.False(Directory.Exists(Folder));
        Assert.Equal(["cancer", "death"], room.World.Trust.Verify<Deletion>(Node.Deletions.Single().Text).Payload.Sources);
        await room.World.StopAsync();
        await room.World.StartAsync();
        Assert.Single(Node.Deletions);
    }

    [Theory]
    [InlineData("signed by somebody else", "R84")]
    [InlineData("for another question", "R84")]
    [InlineData("for another environment", "R83")]
    [InlineData("about an older version", "R84")]
    [InlineData("sent again", "R84")]
    [InlineData("not signed", "R84")]
    [InlineData("past its end", "R84")]
    [InlineData("expired before its time", "R84")]
    [Trait("Invariant", "1")]
    public async Task Deletes_nothing_and_lets_nobody_in_on_an_answer_that_is(string what, string refusal)
    {
        await TakeASecondVersion();
        string? old = null;
        var asked = 0;
        Node.StateAnswer = answer =>
        {
            Interlocked.Increment(ref asked);
            var revoked = answer with { States = [.. answer.States.Select(s => s with { State = LineageStates.Revoked })] };
            var permit = room.World.SignerOf("permit");
            return what switch
            {
                "signed by somebody else" => room.World.SignerOf("gateway").Sign(revoked).Text,
                "for another question" => permit.Sign(revoked with { Nonce = "0123456789abcdef" }).Text,
                "for another environment" => permit.Sign(revoked with { Caller = "otherspe" }).Text,
                "about an older version" => permit
                    .Sign(revoked with { States = [.. revoked.States.Select(s => s with { Version = 1 })] })
                    .Text,
                "sent again" => old ??= permit.Sign(revoked with { Nonce = "0123456789abcdef" }).Text,
                "not signed" => JsonSerializer.Serialize(revoked),
                "past its end" => permit.Sign(revoked with { At = answer.At - 9, Until = answer.At - 1 }).Text,
                _ => permit.Sign(answer with { States = [.. answer.States.Select(s => s with { State = LineageStates.Expired })] }).Text,
            };
        };
        await SpeWorld.UntilAsync("it was told so several times", () => asked >= 4);
        await SpeWorld.UntilAsync("the room is closed", () => !Leases.IsOpen(room.Grant.Lineage));
        using var submitted = await room.SubmitAsync("SELECT 1 AS one");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, submitted.StatusCode);
        Assert.Equal(["5"], room.ReadWorkspace("SELECT count(*) FROM cancer"));
        Assert.Equal(RefusalRow.Says(refusal, "answer"), Node.Deletions.IsEmpty ? "ignored" : "obeyed");
        Node.StateAnswer = null;
        await SpeWorld.UntilAsync("the room is open again", () => Leases.IsOpen(room.Grant.Lineage));
    }

    [Fact]
    [Trait("Invariant", "10")]
    public async Task Holds_a_job_while_the_node_is_away_and_lets_it_go_on()
    {
        using var submitted = await room.SubmitAsync(Endless);
        await SpeWorld.UntilAsync("it runs", () => JobProcesses().Count > 0);
        Node.IsSilent = true;
        await SpeWorld.UntilAsync("it is held", () => JobProcesses() is { Count: > 0 } states && states.TrueForAll(state => state == 'T'));
        using var closed = await room.SubmitAsync("SELECT 1 AS one");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, closed.StatusCode);
        Assert.Equal("running", StateOf(submitted));
        Node.IsSilent = false;
        await SpeWorld.UntilAsync("it goes on", () => JobProcesses() is { Count: > 0 } states && states.TrueForAll(state => state != 'T'));
        Assert.Equal("running", StateOf(submitted));
    }

    [Fact]
    [Trait("Invariant", "12")]
    public async Task Pauses_while_the_environment_is_suspended_and_takes_nothing_in()
    {
        Node.Status = SpeStatuses.Suspended;
        await SpeWorld.UntilAsync("the room is closed", () => !Leases.IsOpen(room.Grant.Lineage));
        using var gateway = room.World.Machine();
        var consignment = new Consignment(
            room.World,
            room.Grant,
            "cancer",
            [
                [
                    ["anna", "surgery", "2019-03-01", "71"],
                ],
            ]
        );
        var refused = await Assert.ThrowsAsync<ProtocolProblemException>(() => consignment.UploadAsync(gateway));
        Assert.Equal(503, refused.Problem.Status);
        Assert.Equal(["5"], room.ReadWorkspace("SELECT count(*) FROM cancer"));
        Node.Status = SpeStatuses.Approved;
        await SpeWorld.UntilAsync("it is open again", () => Leases.IsOpen(room.Grant.Lineage));
        Assert.Empty(Node.Deletions);
    }

    [Fact]
    [Trait("Article", "EHDS 68(12)")]
    public async Task Ends_when_the_permits_time_is_over()
    {
        time.Shift = DateTimeOffset.FromUnixTimeSeconds(room.Grant.Permit.Payload.To + 1) - DateTimeOffset.UtcNow;
        Node.State = LineageStates.Expired;
        await SpeWorld.UntilAsync("the proof is taken", () => !Node.Deletions.IsEmpty);
        Assert.False(Directory.Exists(Folder));
    }

    [Fact]
    [Trait("Invariant", "2")]
    [Trait("Article", "EHDS 73(1)(d)")]
    public async Task Drops_the_table_of_a_source_that_the_next_version_does_not_name()
    {
        var made = await room.RunAsync("SELECT treatment_group FROM cancer");
        // What a delivery that was killed has spilled there.
        var spilled = Directory.CreateDirectory(Path.Combine(Folder, "workspace.duckdb.tmp"));
        await File.WriteAllTextAsync(Path.Combine(spilled.FullName, "block"), SpeRoom.Cell, Cancel);
        var next = room.Grant.Next(room.World, permit => permit with { Sources = [permit.Sources[1]] });
        Node.Permits[room.Grant.Lineage] = next.Permit;
        await SpeWorld.UntilAsync(
            "only the other source is left",
            () => room.World.Services.GetRequiredService<Deliveries>().SourcesOf(room.Grant.Lineage) is ["death"]
        );
        await SpeWorld.UntilAsync("it is open", () => Leases.IsOpen(room.Grant.Lineage));
        Assert.Equal(["death"], room.ReadWorkspace("SELECT table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'"));
        var job = await room.RunAsync("SELECT count(*) AS n FROM death_typed WHERE autopsy");
        Assert.Equal(["1"], room.Result(job));
        Assert.DoesNotContain(
            SpeRoom.Cell,
            Encoding.Latin1.GetString(await File.ReadAllBytesAsync(room.Database, Cancel)),
            StringComparison.Ordinal
        );
        Assert.False(Directory.Exists(room.FolderOf(made)));
        Assert.False(Directory.Exists(spilled.FullName));
        Assert.False(Directory.Exists(Path.Combine(Folder, "deliveries", "cancer")));
        await SpeWorld.UntilAsync(
            "the node knows",
            () => Node.Audit.Any(e => e.Action == "source-deleted" && e.Details!["source"] == "cancer")
        );
    }

    [Theory]
    [InlineData(null, "open")]
    [InlineData(1, "refused")]
    [InlineData(3, "refused")]
    [InlineData(6, "refused")]
    [Trait("Article", "EHDS 73(2)")]
    public async Task Lets_no_cell_leave_below_the_permits_smallest_nor_below_its_own(int? smallest, string state)
    {
        var made = await room.RunAsync($"SELECT 'all' AS grp, {(smallest is 1 or 3 ? 4 : 5)} AS n");
        Node.Permits[room.Grant.Lineage] = room
            .Grant.Next(room.World, permit => permit with { Conditions = ["A condition."], SmallestCell = smallest })
            .Permit;
        await SpeWorld.UntilAsync(
            "the version is held",
            () => room.World.Services.GetRequiredService<Lineages>().VersionOf(room.Grant.Lineage) == 2
        );
        await room.UntilOpenAsync();
        using var asked = await AskAsync(made, "result.parquet");
        Assert.Equal(HttpStatusCode.Accepted, asked.StatusCode);
        var id = await SpeRoom.IdAsync(asked);
        var outputs = room.World.Services.GetRequiredService<Outputs>();
        await SpeWorld.UntilAsync("it is checked", () => outputs.Find(id)!.State != OutputStates.Checking);
        Assert.Equal(state, outputs.Find(id)!.State);
    }

    [Fact]
    [Trait("Invariant", "2")]
    [Trait("Article", "EHDS 73(1)(d)")]
    public async Task Drops_a_source_while_the_airlock_converts_a_long_file()
    {
        var made = await room.RunAsync("SELECT 1 AS one");
        SpeRoom.Read(
            "Data Source=:memory:",
            $"COPY (SELECT 'all' AS grp, range + 5 AS n FROM range(30000000)) TO '{room.FolderOf(made)}/long.parquet' (FORMAT parquet, COMPRESSION zstd)"
        );
        using var asked = await AskAsync(made, "long.parquet");
        Assert.Equal(HttpStatusCode.Accepted, asked.StatusCode);
        await SpeWorld.UntilAsync("it is being converted", () => JobProcesses().Count > 0);
        Node.Permits[room.Grant.Lineage] = room.Grant.Next(room.World, permit => permit with { Sources = [permit.Sources[1]] }).Permit;
        await SpeWorld.UntilAsync("it is held, or ended", () => JobProcesses().TrueForAll(state => state == 'T'));
        await SpeWorld.UntilAsync(
            "the source is deleted",
            () => Node.Audit.Any(e => e.Action == "source-deleted" && e.Details!["source"] == "cancer")
        );
        await SpeWorld.UntilAsync("it is open", () => Leases.IsOpen(room.Grant.Lineage));
        Assert.Equal(["0"], Rows("SELECT count(*) FROM output"));
    }

    [Fact]
    [Trait("Invariant", "2")]
    public async Task Takes_nothing_under_a_version_before_the_source_that_it_leaves_out_is_gone()
    {
        var next = room.Grant.Next(room.World, permit => permit with { Sources = [permit.Sources[1]] });
        using var gateway = room.World.Machine();
        var consignment = new Consignment(
            room.World,
            next,
            "death",
            [
                [
                    ["anna", "2018-01-11", "true"],
                ],
            ]
        );
        var turn = await room.World.Services.GetRequiredService<WorkspaceFolders>().Gate(room.Grant.Lineage).EnterToWriteAsync(Cancel);
        using (turn)
        {
            Node.Permits[room.Grant.Lineage] = next.Permit;
            await SpeWorld.UntilAsync(
                "its jobs are sent out",
                () => room.World.Services.GetRequiredService<RoomStates>().IsClearing(room.Grant.Lineage)
            );
            using var early = await consignment.AnnounceOrderAsync(gateway);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, early.StatusCode);
            Assert.Equal("1", VersionHere());
        }

        await SpeWorld.UntilAsync("the next version is here", () => VersionHere() == "2");
        await consignment.SendAsync();
        Assert.Equal(["death"], room.World.Services.GetRequiredService<Deliveries>().SourcesOf(room.Grant.Lineage));
    }

    [Fact]
    [Trait("Invariant", "10")]
    [Trait("Article", "EHDS 63(3)")]
    public async Task Deletes_its_parts_that_no_manifest_came_for_cuts_off_what_is_on_its_way_and_takes_none_of_them_again()
    {
        string[][][] rows =
        [
            [
                ["anna", "surgery", "2019-03-01", "71"],
            ],
        ];
        using var gateway = room.World.Machine();
        var ended = new Consignment(room.World, room.Grant, "cancer", rows);
        var alive = new Consignment(room.World, new Grant(room.World), "cancer", rows);
        // Of a permit of which nothing was ever announced as whole: it too is ended, and that is proved.
        var begun = new Consignment(room.World, new Grant(room.World), "cancer", rows);
        await ended.UploadAsync(gateway);
        await alive.UploadAsync(gateway);
        using var known = await begun.AnnounceOrderAsync(gateway);
        using var transfer = await Transfer.BeginAsync(gateway, begun.Parts, begun.First.File, begun.First.Seal);
        Assert.True(Directory.Exists(PartsOf(ended)) && Directory.Exists(PartsOf(begun)));
        Node.StateAnswer = answer =>
            room.World.SignerOf("permit")
                .Sign(
                    answer with
                    {
                        States =
                        [
                            .. answer.States.Select(s => s.Lineage != alive.Grant.Lineage ? s with { State = LineageStates.Revoked } : s),
                        ],
                    }
                )
                .Text;
        await transfer.IsCutAsync();
        await SpeWorld.UntilAsync("both proofs are taken", () => Node.Deletions.Count == 2);
        Assert.Equal(
            new[] { ended.Grant.Lineage, begun.Grant.Lineage }.Order(),
            Node.Deletions.Select(deletion => deletion.Lineage).Order()
        );
        foreach (var consignment in new[] { ended, begun })
        {
            // Gateway may not have heard yet, and push again.
            var refused = await Assert.ThrowsAsync<ProtocolProblemException>(() => consignment.UploadPartsAsync(gateway));
            Assert.Equal(ProblemTypes.PermitNotInForce, refused.Problem.Type);
            Assert.False(Directory.Exists(PartsOf(consignment)));
        }

        // What another permit's order has sent stays.
        using var taken = await alive.AnnounceAsync(gateway);
        Assert.Equal(HttpStatusCode.Accepted, taken.StatusCode);
        await SpeWorld.UntilAsync("it is open", () => Node.Receipts.Any(receipt => receipt.Order == alive.Id));
    }

    [Fact]
    public async Task Takes_a_delivery_under_the_version_that_its_order_began_with()
    {
        var next = room.Grant.Next(room.World);
        Node.Permits[room.Grant.Lineage] = next.Permit;
        await SpeWorld.UntilAsync(
            "the next version is here",
            () => Leases.Of(room.Grant.Lineage) == LeaseStanding.Good && VersionHere() == "2"
        );
        var receipts = Node.Receipts.Count;
        await new Consignment(
            room.World,
            room.Grant,
            "death",
            [
                [
                    ["anna", "2018-01-11", "true"],
                ],
            ]
        ).SendAsync();
        await SpeWorld.UntilAsync("it is open", () => Node.Receipts.Count > receipts);
        Assert.Equal("2", VersionHere());
    }

    [Fact]
    public async Task Refuses_a_second_version_after_the_same_one()
    {
        var next = room.Grant.Next(room.World);
        Node.Permits[room.Grant.Lineage] = next.Permit;
        await SpeWorld.UntilAsync("the next version is here", () => VersionHere() == "2");
        var second = room.Grant.Next(room.World, permit => permit with { Purpose = "something else" });
        using var gateway = room.World.Machine();
        var consignment = new Consignment(
            room.World,
            second,
            "death",
            [
                [
                    ["anna", "2018-01-11", "true"],
                ],
            ]
        );
        using var answer = await consignment.AnnounceOrderAsync(gateway);
        Assert.Equal(RefusalRow.Call("R82"), await SpeRoom.ProblemAsync(answer));
        Assert.Contains("SecondSuccessor", await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    private RoomLeases Leases => room.World.Services.GetRequiredService<RoomLeases>();

    private string StateDb => Path.Combine(room.World.Data, "state.db");

    private string PartsOf(Consignment consignment) => Path.Combine(room.World.Data, ".ingress", consignment.Id);

    private string VersionHere() => Rows("SELECT version FROM lineage").Single();

    // A version that has been seen, so that the first is an older one.
    private async Task TakeASecondVersion()
    {
        Node.Permits[room.Grant.Lineage] = room.Grant.Next(room.World).Permit;
        await SpeWorld.UntilAsync("version 2 is here", () => VersionHere() == "2" && Leases.IsOpen(room.Grant.Lineage));
    }

    private string StateOf(HttpResponseMessage submitted) =>
        room
            .World.Services.GetRequiredService<JobQueue>()
            .Find(room.Grant.Lineage, submitted.Headers.Location!.OriginalString.Split('/')[^1])!
            .State;

    private List<string> Rows(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={StateDb}");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
        {
            rows.Add(Convert.ToString(reader.GetValue(0), CultureInfo.InvariantCulture)!);
        }

        return rows;
    }

    // The states, as the kernel has them, of the processes that run this world's jobs.
    private List<char> JobProcesses()
    {
        var states = new List<char>();
        foreach (var pid in ProcessTree.Of(Environment.ProcessId).Skip(1))
        {
            try
            {
                if (File.ReadAllText($"/proc/{pid}/cmdline").Contains(Folder, StringComparison.Ordinal))
                {
                    var stat = File.ReadAllText($"/proc/{pid}/stat");
                    states.Add(stat[stat.LastIndexOf(')') + 2]);
                }
            }
            catch (IOException)
            {
                // It has ended in between.
            }
        }

        return states;
    }

    private Task<HttpResponseMessage> AskAsync(JsonElement job, string file) =>
        room.Nora.PostAsJsonAsync(
            $"/v1/workspaces/{room.Grant.Lineage}/outputs",
            new
            {
                files = new[]
                {
                    new
                    {
                        job = job.GetProperty("id").GetString(),
                        file,
                        format = "csv",
                        columns = new Dictionary<string, string> { ["grp"] = "group", ["n"] = "count" },
                    },
                },
                purpose = "Table 2 of an article.",
                context = "One row for each treatment group.",
            },
            Cancel
        );
}
