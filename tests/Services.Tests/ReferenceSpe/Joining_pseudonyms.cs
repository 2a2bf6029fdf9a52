using System.Net.Http.Json;
using System.Text.Json;
using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.ReferenceSpe.Airlock;
using Microsoft.Extensions.DependencyInjection;

namespace HealthDataNode.Services.Tests.ReferenceSpe;

/// <summary>Persons who turn out to be one after their rows were delivered (NOR-42).</summary>
public sealed class Joining_pseudonyms : IAsyncLifetime
{
    private readonly SpeRoom room = new();

    private static readonly string[] Left = ["berit", "carl"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => room.InitializeAsync();

    public ValueTask DisposeAsync() => room.DisposeAsync();

    [Fact]
    public async Task Applies_each_file_once_in_order_in_every_source_and_counts()
    {
        var asked = 0;
        (string, string)[][] files =
        [
            [("anna", "berit"), ("carl", "dina")],
            [("berit", "erik"), ("dina", "zoe"), ("zoe", "anna")],
        ];
        room.World.Node.Aliases = (lineage, after, key) =>
        {
            Interlocked.Increment(ref asked);
            return after < files.Length ? Sealed(lineage, after + 1, key, files[after]) : null;
        };
        await UntilCountedAsync(5);
        var before = asked;
        await SpeWorld.UntilAsync("it has asked again", () => asked > before + 1);

        // Applied one after another: anna, berit and erik are erik; carl and dina are anna.
        Assert.Equal(
            new[] { ("anna", 2), ("erik", 3) }.Select(p => $"{Text(p.Item1)}|{p.Item2}").Order(StringComparer.Ordinal),
            room.ReadWorkspace("SELECT pseudonym, count(*) FROM cancer GROUP BY 1 ORDER BY 1")
        );
        Assert.Equal([Text("erik")], room.ReadWorkspace("SELECT pseudonym FROM death"));
        Assert.Equal(
            ["3|5"],
            room.ReadWorkspace("SELECT (SELECT count(*) FROM cancer_typed JOIN death_typed USING (pseudonym)), count(*) FROM node.alias")
        );
        await SpeWorld.UntilAsync(
            "the node's audit has it",
            () => room.World.Node.Audit.Any(e => e.Action == "aliases-applied" && e.Details!["files"] == "2" && e.Details["pairs"] == "5")
        );
    }

    [Fact]
    public async Task Applies_what_it_knows_to_what_is_delivered_later()
    {
        room.World.Node.Aliases = (lineage, after, key) => after == 0 ? Sealed(lineage, 1, key, ("anna", "berit")) : null;
        await UntilCountedAsync(1);
        var receipts = room.World.Node.Receipts.Count;
        await new Consignment(
            room.World,
            room.Grant,
            "death",
            [
                [
                    ["anna", "2018-01-11", "true"],
                    ["carl", "2018-01-11", "true"],
                ],
            ]
        ).SendAsync();
        await SpeWorld.UntilAsync("it is open", () => room.World.Node.Receipts.Count > receipts);
        Assert.Equal(Left.Select(Text).Order(StringComparer.Ordinal), room.ReadWorkspace("SELECT pseudonym FROM death ORDER BY 1"));
    }

    [Fact]
    public async Task Takes_a_file_that_it_had_before_it_was_killed_no_second_time()
    {
        room.World.Node.Aliases = (lineage, after, key) => after == 0 ? Sealed(lineage, 1, key, ("anna", "berit")) : null;
        await UntilCountedAsync(1);
        await room.World.StopAsync();
        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(room.World.Data, "state.db")}"))
        {
            connection.Open();
            using var forget = connection.CreateCommand();
            forget.CommandText = "DELETE FROM alias_count";
            forget.ExecuteNonQuery();
        }

        await room.World.StartAsync();
        await UntilCountedAsync(1);
        Assert.Equal(["1"], room.ReadWorkspace("SELECT count(*) FROM node.alias"));
    }

    [Theory]
    [InlineData("out of order")]
    [InlineData("signed by somebody else")]
    [InlineData("of another lineage")]
    [InlineData("with other bytes")]
    [InlineData("with more than the seal says")]
    [InlineData("of one to itself")]
    public async Task Refuses_aliases_that_are(string what)
    {
        var asked = 0;
        room.World.Node.Aliases = (lineage, after, key) =>
        {
            Interlocked.Increment(ref asked);
            return what switch
            {
                "out of order" => Sealed(lineage, 2, key, ("anna", "berit")),
                "signed by somebody else" => Sealed(lineage, 1, key, "gateway", 1, ("anna", "berit")),
                "of another lineage" => Sealed("lineage-other", 1, key, ("anna", "berit")),
                "with other bytes" => (Sealed(lineage, 1, key, ("carl", "berit")).Box, Sealed(lineage, 1, key, ("anna", "berit")).Seal),
                "with more than the seal says" => Sealed(lineage, 1, key, "pseudonymisation", 1, ("anna", "berit"), ("carl", "dina")),
                _ => Sealed(lineage, 1, key, ("anna", "anna")),
            };
        };
        await SpeWorld.UntilAsync("it was told so twice", () => asked >= 2);
        Assert.Equal(["5"], room.ReadWorkspace("SELECT count(DISTINCT pseudonym) FROM cancer"));
        var taken = (await ReadAsync()).GetProperty("aliases").GetInt64();
        Assert.Equal(RefusalRow.Says("R86", "answer"), taken == 0 ? "ignored" : "obeyed");
        await SpeWorld.UntilAsync("the node knows", () => room.World.Node.Audit.Any(e => e.Action == "aliases-refused"));
        Assert.Single(room.World.Node.Audit, e => e.Action == "aliases-refused");
    }

    [Theory]
    [InlineData("SELECT was FROM node.alias", "refused")]
    [InlineData("SELECT * FROM workspace.node.alias", "refused")]
    [InlineData("SELECT name FROM sqlite_master", "refused")]
    [InlineData("SELECT table_name FROM information_schema.tables", "refused")]
    [InlineData("SELECT table_name FROM duckdb_tables()", "refused")]
    [InlineData("SELECT name FROM (SHOW ALL TABLES)", "refused")]
    [InlineData("SELECT name FROM (SHOW TABLES) WHERE name NOT LIKE '%\\_typed' ESCAPE '\\' ORDER BY 1", "done")]
    [Trait("Invariant", "2")]
    public async Task Shows_no_job_whose_number_was_changed(string sql, string state)
    {
        room.World.Node.Aliases = (lineage, after, key) => after == 0 ? Sealed(lineage, 1, key, ("anna", "berit")) : null;
        await UntilCountedAsync(1);
        var job = await room.RunAsync(sql);
        Assert.Equal(state, SpeRoom.State(job));
        if (state == "done")
        {
            Assert.Equal(["cancer", "death"], room.Result(job));
        }
    }

    [Fact]
    public async Task Finds_a_pseudonym_in_an_output_also_after_an_alias_replaced_it()
    {
        room.World.Node.Aliases = (lineage, after, key) => after == 0 ? Sealed(lineage, 1, key, ("anna", "berit")) : null;
        await UntilCountedAsync(1);
        var airlock = room.World.Services.GetRequiredService<IAirlockRoom>();
        Assert.True(airlock.Pseudonyms(room.Grant.Lineage).Contains(Consignment.Pseudonym("anna")));
        Assert.Equal(5, airlock.Pseudonyms(room.Grant.Lineage).Count);
    }

    private static string Text(string person) => PseudonymText.Format(Consignment.Pseudonym(person));

    private Task<JsonElement> ReadAsync() => room.Nora.GetFromJsonAsync<JsonElement>($"/v1/workspaces/{room.Grant.Lineage}", Cancel);

    private async Task UntilCountedAsync(long pairs)
    {
        var until = DateTime.UtcNow.AddSeconds(30);
        using var person = await room.World.PersonAsync(SpeWorld.Nora);
        while (true)
        {
            using var answer = await person.GetAsync(new Uri($"/v1/workspaces/{room.Grant.Lineage}", UriKind.Relative), Cancel);
            if (answer.IsSuccessStatusCode)
            {
                var workspace = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancel);
                if (workspace.GetProperty("aliases").GetInt64() == pairs)
                {
                    Assert.Equal(
                        $$"""{"lineage":"{{room.Grant.Lineage}}","sources":["cancer","death"],"aliases":{{pairs}},"state":"open"}""",
                        workspace.GetRawText()
                    );
                    return;
                }
            }

            Assert.True(DateTime.UtcNow < until, "The aliases were not applied.");
            await Task.Delay(50, Cancel);
        }
    }

    private (byte[] Box, string Seal) Sealed(string lineage, int number, SpeKey key, params (string Was, string Stands)[] pairs) =>
        Sealed(lineage, number, key, "pseudonymisation", pairs.Length, pairs);

    private (byte[] Box, string Seal) Sealed(
        string lineage,
        int number,
        SpeKey key,
        string signer,
        int rows,
        params (string Was, string Stands)[] pairs
    )
    {
        var records = pairs.SelectMany(pair => Consignment.Pseudonym(pair.Was).Concat(Consignment.Pseudonym(pair.Stands))).ToArray();
        var box = Crypt4GhFile.Seal(records, key.KeyBytes());
        var bytes = SealedBytes.Of(box);
        var seal = new Seal
        {
            Type = SealTypes.Aliases,
            Sender = "pseudonymisation",
            Recipient = SpeWorld.Spe,
            Order = SealNames.Aliases(lineage),
            Part = number,
            Rows = rows,
            Length = bytes.Length,
            Sha256 = bytes.Sha256,
        };
        return (box, room.World.SignerOf(signer).Sign(seal).Text);
    }
}
