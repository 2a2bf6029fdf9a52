using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ReferenceSpe.Ingress;
using HealthDataNode.ReferenceSpe.Rooms;
using HealthDataNode.ReferenceSpe.State;
using HealthDataNode.ReferenceSpe.Workspaces;
using Microsoft.Extensions.DependencyInjection;

namespace HealthDataNode.Services.Tests.ReferenceSpe;

public sealed class Opening_a_delivery : IAsyncLifetime
{
    private static readonly string[][][] Cancer =
    [
        [
            ["anna", "surgery", "2019-03-01", "71"],
            ["anna", "surgery", "2020-04-02", ""],
        ],
        [
            ["berit", "", "2018-01-01", "50"],
            ["carl", "radiation é", "2021-12-31", "33"],
        ],
    ];

    private static readonly string[][][] Death =
    [
        [
            ["berit", "2020-01-01", "true"],
            ["dina", "2022-02-02", "false"],
        ],
    ];

    private readonly SpeWorld world = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await world.StartAsync();

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    public async Task Forgets_parts_after_a_day_that_nobody_announced()
    {
        using var client = world.Machine();
        var left = new Consignment(
            world,
            new Grant(world),
            "cancer",
            [
                [
                    ["anna", "surgery", "2019-03-01", "71"],
                ],
            ]
        );
        var fresh = new Consignment(
            world,
            new Grant(world),
            "cancer",
            [
                [
                    ["anna", "surgery", "2019-03-01", "71"],
                ],
            ]
        );
        await left.UploadAsync(client);
        await fresh.UploadAsync(client);
        var folder = Path.Combine(world.Data, ".ingress", left.Id);
        foreach (var file in Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Append(folder))
        {
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddHours(-25));
        }

        Assert.Equal(1, world.Services.GetServices<Microsoft.Extensions.Hosting.IHostedService>().OfType<ForgetParts>().Single().Sweep());
        Assert.False(Directory.Exists(folder));
        Assert.True(Directory.Exists(Path.Combine(world.Data, ".ingress", fresh.Id)));
    }

    [Fact]
    [Trait("Invariant", "10")]
    public async Task Forgets_the_parts_of_a_room_that_is_over_whatever_its_delivery_is()
    {
        await world.StopAsync();
        await world.StartAsync(opens: false);
        var consignment = new Consignment(world, new Grant(world), "cancer", Cancer);
        await consignment.SendAsync();
        var folder = Path.Combine(world.Data, ".ingress", consignment.Id);
        world.Services.GetRequiredService<RoomStates>().Begin(consignment.Grant.Lineage);
        await SpeWorld.UntilAsync("the proof is taken", () => !world.Node.Deletions.IsEmpty);
        Assert.False(Directory.Exists(folder));
        world.Services.GetRequiredService<StateDatabase>().InTransaction(t => t.Execute("UPDATE delivery SET state = 'received'"));
        Directory.CreateDirectory(folder);
        Directory.SetLastWriteTimeUtc(folder, DateTime.UtcNow.AddHours(-25));

        Assert.Equal(1, world.Services.GetServices<Microsoft.Extensions.Hosting.IHostedService>().OfType<ForgetParts>().Single().Sweep());
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    [Trait("Invariant", "2")]
    public async Task Discards_what_has_left_the_permit_before_it_was_opened()
    {
        await world.StopAsync();
        await world.StartAsync(opens: false);
        var grant = new Grant(world);
        var consignment = new Consignment(world, grant, "cancer", Cancer);
        await consignment.SendAsync();
        var next = grant.Next(world, permit => permit with { Sources = [permit.Sources[1]] });
        world.Services.GetRequiredService<StateDatabase>().InTransaction(t => Lineages.Keep(t, next.Permit));
        world.Node.Permits[grant.Lineage] = next.Permit;
        await world.StopAsync();

        await world.StartAsync();
        var deliveries = world.Services.GetRequiredService<Deliveries>();
        await SpeWorld.UntilAsync("it is over", () => deliveries.Find(consignment.Id)!.IsOver);
        Assert.Equal(Delivery.Deleted, deliveries.Find(consignment.Id)!.State);
        Assert.False(Directory.Exists(Path.Combine(world.Data, ".ingress", consignment.Id)));
        Assert.False(File.Exists(Path.Combine(world.Data, grant.Lineage, "workspace.duckdb")));
        Assert.Empty(world.Node.Receipts);
        await SpeWorld.UntilAsync("the node knows", () => world.Node.Audit.Any(e => e.Action == "source-deleted"));
    }

    [Fact]
    [Trait("Invariant", "2")]
    public async Task Leaves_with_its_source_also_when_it_comes_while_the_room_is_cleared()
    {
        await world.StopAsync();
        await world.StartAsync(opens: false);
        var grant = new Grant(world);
        await new Consignment(world, grant, "cancer", Cancer).SendAsync();
        var late = new Consignment(world, grant, "death", Death);
        var next = grant.Next(world, permit => permit with { Sources = [permit.Sources[1] with { Source = "treatment" }] });
        using (await world.Services.GetRequiredService<WorkspaceFolders>().Gate(grant.Lineage).EnterToWriteAsync(Cancel))
        {
            world.Node.Permits[grant.Lineage] = next.Permit;
            var rooms = world.Services.GetRequiredService<RoomStates>();
            await SpeWorld.UntilAsync("its jobs are sent out", () => rooms.IsClearing(grant.Lineage));
            await late.SendAsync();
        }

        // Nothing is opened here: it is the new version that takes it out.
        var lineages = world.Services.GetRequiredService<Lineages>();
        await SpeWorld.UntilAsync("the next version is here", () => lineages.VersionOf(grant.Lineage) == 2);
        Assert.Equal(Delivery.Deleted, world.Services.GetRequiredService<Deliveries>().Find(late.Id)!.State);
        Assert.False(Directory.Exists(Path.Combine(world.Data, ".ingress", late.Id)));
    }

    [Fact]
    public async Task Writes_rows_under_permit_pseudonyms_that_link_the_sources()
    {
        var grant = new Grant(world);
        await OpenAsync(new Consignment(world, grant, "cancer", Cancer));
        await OpenAsync(new Consignment(world, grant, "death", Death));

        string[] expected =
        [
            $"{Text("anna")}|surgery|2019-03-01|71",
            $"{Text("anna")}|surgery|2020-04-02|NULL",
            $"{Text("berit")}|NULL|2018-01-01|50",
            $"{Text("carl")}|radiation é|2021-12-31|33",
        ];
        Assert.Equal(expected.Order(StringComparer.Ordinal), Read(grant, "SELECT * FROM cancer").Order(StringComparer.Ordinal));
        Assert.Equal(["pseudonym,VARCHAR", "treatment_group,VARCHAR", "diagnosis_date,DATE", "age,BIGINT"], Types(grant, "cancer_typed"));
        Assert.Equal(["pseudonym,VARCHAR", "death_date,DATE", "autopsy,BOOLEAN"], Types(grant, "death_typed"));
        Assert.Equal([Text("berit")], Read(grant, "SELECT c.pseudonym FROM cancer c JOIN death d USING (pseudonym)"));
    }

    [Fact]
    public async Task Ends_in_a_receipt_that_its_orderer_accepts_and_without_key_or_parts()
    {
        world.Node.ReceiptFaults = 2;
        var grant = new Grant(world);
        var consignment = new Consignment(world, grant, "cancer", Cancer);
        await OpenAsync(consignment);

        var documents = new OrderAndPermit(world.Trust);
        var (_, text) = Assert.Single(world.Node.Receipts);
        var receipt = documents.VerifyReceipt(
            text,
            documents.Verify(consignment.Order.Text, grant.Permit.Text),
            world.Trust.Verify<Manifest>(consignment.Manifest.Text)
        );
        Assert.Equal((4, 3), (receipt.Payload.Rows, receipt.Payload.Persons));
        Assert.False(Directory.Exists(Path.Combine(world.Data, ".ingress", consignment.Id)));
        var folder = Path.Combine(world.Data, grant.Lineage, "deliveries", "cancer");
        Assert.Equal(text, await File.ReadAllTextAsync(Path.Combine(folder, "receipt.jws"), TestContext.Current.CancellationToken));
        Assert.Equal(
            consignment.Manifest.Text,
            await File.ReadAllTextAsync(Path.Combine(folder, "manifest.jws"), TestContext.Current.CancellationToken)
        );
        await SpeWorld.UntilAsync("the audit entry is there", () => world.Node.Audit.Any(e => e.Action == "delivery-opened"));
    }

    [Fact]
    public async Task Opens_what_it_has_accepted_when_the_key_that_signed_the_manifest_was_replaced_meanwhile()
    {
        await world.StopAsync();
        await world.StartAsync(opens: false);
        await new Consignment(world, new Grant(world), "cancer", Cancer).SendAsync();
        await world.StopAsync();
        world.Replace("gateway", KeyUses.Gateway);
        await world.StartAsync();
        await SpeWorld.UntilAsync("the receipt is sent", () => !world.Node.Receipts.IsEmpty);
    }

    [Fact]
    public async Task Happens_once_whatever_is_repeated()
    {
        var grant = new Grant(world);
        var consignment = new Consignment(world, grant, "cancer", Cancer);
        await OpenAsync(consignment);
        using var client = world.Machine();
        using var again = await consignment.AnnounceAsync(client);
        Assert.Equal(HttpStatusCode.Accepted, again.StatusCode);
        await world.StopAsync();
        await world.StartAsync();
        Assert.Single(world.Node.Receipts);
        Assert.Equal(["4"], Read(grant, "SELECT count(*) FROM cancer"));
    }

    [Fact]
    public async Task Replaces_the_table_of_its_source_and_no_other()
    {
        var grant = new Grant(world);
        await OpenAsync(new Consignment(world, grant, "cancer", Cancer));
        await OpenAsync(new Consignment(world, grant, "death", Death));
        await OpenAsync(
            new Consignment(
                world,
                grant,
                "cancer",
                [
                    [
                        ["erik", "surgery", "2023-03-03", "1"],
                    ],
                ]
            )
        );
        Assert.Equal([Text("erik")], Read(grant, "SELECT pseudonym FROM cancer"));
        Assert.Equal(["2"], Read(grant, "SELECT count(*) FROM death"));
        Assert.Equal([], Read(grant, "SELECT table_name FROM information_schema.tables WHERE table_name LIKE '\\_\\_%' ESCAPE '\\'"));
    }

    [Fact]
    public async Task Takes_an_empty_extract()
    {
        var grant = new Grant(world);
        await OpenAsync(new Consignment(world, grant, "cancer", []));
        Assert.Equal(["0"], Read(grant, "SELECT count(*) FROM cancer_typed"));
    }

    /// <summary>Each row of the table is a place where the program may have been killed.</summary>
    [Theory]
    [InlineData("accepted")]
    [InlineData("rows written")]
    [InlineData("rows known")]
    [InlineData("parts destroyed")]
    [InlineData("receipt signed")]
    public async Task Goes_on_where_it_was_killed(string place)
    {
        var grant = new Grant(world);
        var consignment = new Consignment(world, grant, "cancer", Cancer);
        await world.StopAsync();
        await world.StartAsync(opens: false);
        await consignment.SendAsync();
        await world.StopAsync();
        var ingress = Path.Combine(world.Data, ".ingress");
        var saved = ingress + ".saved";
        CopyFolder(ingress, saved);
        var receipt = "";
        if (place != "accepted")
        {
            await world.StartAsync();
            await ReceiptAsync(consignment);
            receipt = world.Node.Receipts.Single().Text;
            var deliveries = world.Services.GetRequiredService<Deliveries>();
            await SpeWorld.UntilAsync("it is done", () => deliveries.Find(consignment.Id)!.State == Delivery.Done);
            if (place is "rows written" or "rows known")
            {
                CopyFolder(saved, ingress);
            }

            var state = place switch
            {
                "rows written" => "state = 'received', receipt = NULL, persons = NULL",
                "rows known" or "parts destroyed" => "state = 'opened', receipt = NULL",
                _ => "state = 'receipted'",
            };
            world.Services.GetRequiredService<StateDatabase>().InTransaction(t => t.Execute($"UPDATE delivery SET {state}"));
            File.Delete(Path.Combine(world.Data, grant.Lineage, "deliveries", "cancer", "receipt.jws"));
            await world.StopAsync();
            world.Node.Receipts.Clear();
        }

        await world.StartAsync();
        var file = Path.Combine(world.Data, grant.Lineage, "deliveries", "cancer", "receipt.jws");
        await SpeWorld.UntilAsync("the receipt is there", () => File.Exists(file));
        if (place == "receipt signed")
        {
            Assert.Equal(receipt, await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        }
        else
        {
            await ReceiptAsync(consignment);
        }

        Assert.Equal(["4|3"], Read(grant, "SELECT count(*), count(DISTINCT pseudonym) FROM cancer"));
        await SpeWorld.UntilAsync("nothing is left", () => !Directory.Exists(Path.Combine(ingress, consignment.Id)));
    }

    [Fact]
    public async Task Stays_in_the_trace_that_the_manifest_came_in()
    {
        var traces = new ConcurrentQueue<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "HealthDataNode.ReferenceSpe",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => traces.Enqueue($"{activity.OperationName} {activity.TraceId}"),
        };
        ActivitySource.AddActivityListener(listener);
        using var journey = new Activity("journey").SetIdFormat(ActivityIdFormat.W3C).Start();
        await OpenAsync(new Consignment(world, new Grant(world), "cancer", Cancer));
        await SpeWorld.UntilAsync(
            "both spans have ended",
            () => traces.Contains($"open delivery {journey.TraceId}") && traces.Contains($"send gateway {journey.TraceId}")
        );
    }

    [Fact]
    public async Task Keeps_what_is_in_a_workspace_from_every_other_user()
    {
        var grant = new Grant(world);
        await OpenAsync(new Consignment(world, grant, "cancer", Cancer));
        const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(world.Data) & others);
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(Path.Combine(world.Data, grant.Lineage)) & others);
    }

    private static string Text(string person) => PseudonymText.Format(Consignment.Pseudonym(person));

    private async Task OpenAsync(Consignment consignment)
    {
        await consignment.SendAsync();
        await ReceiptAsync(consignment);
    }

    private Task ReceiptAsync(Consignment consignment) =>
        SpeWorld.UntilAsync("the receipt has come", () => world.Node.Receipts.Any(receipt => receipt.Order == consignment.Id));

    private static void CopyFolder(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target, overwrite: true);
        }
    }

    private List<string> Types(Grant grant, string table) =>
        Read(grant, $"SELECT column_name, data_type FROM information_schema.columns WHERE table_name = '{table}' ORDER BY ordinal_position")
            .ConvertAll(row => row.Replace('|', ','));

    private List<string> Read(Grant grant, string sql) =>
        SpeRoom.Read($"Data Source={Path.Combine(world.Data, grant.Lineage, "workspace.duckdb")};ACCESS_MODE=READ_ONLY", sql);
}
