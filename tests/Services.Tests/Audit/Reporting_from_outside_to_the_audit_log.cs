using System.Text.Json.Nodes;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Services.Tests.Permit;

namespace HealthDataNode.Services.Tests.Audit;

public sealed class Reporting_from_outside_to_the_audit_log(PostgresFixture postgres)
{
    [Fact]
    public async Task Is_taken_once_however_often_it_is_sent()
    {
        await using var world = await AuditWorld.StartAsync(postgres);
        var entry = Entry("referencespe", KeyUses.Spe);
        var first = await PostAsync(world.ReferenceSpe, world.Spe.Sign(entry).Text);
        Assert.Equal(201, (int)first.StatusCode);
        // Signed again, the text is another one; the fact is the same.
        var again = await PostAsync(world.ReferenceSpe, world.Spe.Sign(entry).Text);
        Assert.Equal(200, (int)again.StatusCode);
        Assert.Equal((await first.JsonAsync()).ToJsonString(), (await again.JsonAsync()).ToJsonString());
        var stored = Assert.Single((await (await world.Auditor.FetchAsync("v1/entries")).JsonAsync())["entries"]!.AsArray());
        Assert.Equal("referencespe.job-submitted", (string)stored!["contract"]!);
        Assert.Equal("audit-entry+jwt", Jws.Read((string)stored["payload"]!).Typ);
        Assert.True((bool)(await world.VerifyAsync())["valid"]!);
    }

    [Fact]
    public async Task Cannot_change_what_was_reported()
    {
        await using var world = await AuditWorld.StartAsync(postgres);
        var entry = Entry("referencespe", KeyUses.Spe) with { Number = 1 };
        await PostAsync(world.ReferenceSpe, world.Spe.Sign(entry).Text);
        var changed = world.Spe.Sign(entry with { Action = "job-refused" }).Text;
        Assert.Equal((409, "entry-differs"), await (await PostAsync(world.ReferenceSpe, changed)).ProblemAsync());
        var sameNumber = world.Spe.Sign(entry with { Id = Guid.NewGuid() }).Text;
        Assert.Equal((409, "number-taken"), await (await PostAsync(world.ReferenceSpe, sameNumber)).ProblemAsync());
    }

    [Fact]
    public async Task Needs_the_callers_own_stated_key()
    {
        await using var world = await AuditWorld.StartAsync(postgres);
        using var attacker = SigningKey.Create();
        string[] texts =
        [
            attacker.Sign(Entry("referencespe", KeyUses.Spe), "referencespe:1:spe").Text,
            world.Holder.Sign(Entry("cancerregistry", KeyUses.Holder)).Text,
            world.Holder.Sign(Entry("referencespe", KeyUses.Holder)).Text,
            world.Spe.Sign(Entry("referencespe", KeyUses.Holder)).Text,
            world.Spe.Sign(Entry("cancerregistry", KeyUses.Spe)).Text,
            world
                .Spe.Sign(
                    new SpeKey
                    {
                        Party = "referencespe",
                        Key = Key(),
                        Sequence = 1,
                        From = 1,
                        To = 2_000_000_000,
                    }
                )
                .Text,
            "not a jws",
        ];
        foreach (var text in texts)
        {
            Assert.Equal((400, "document-refused"), await (await PostAsync(world.ReferenceSpe, text)).ProblemAsync());
        }
        Assert.Equal(0, (long)(await world.VerifyAsync())["entries"]!);
    }

    [Fact]
    public async Task Is_for_machines_and_small_entries()
    {
        await using var world = await AuditWorld.StartAsync(postgres);
        var text = world.Spe.Sign(Entry("referencespe", KeyUses.Spe)).Text;
        Assert.Equal((403, "forbidden"), await (await PostAsync(world.Auditor, text)).ProblemAsync());
        Assert.Equal((401, "unauthenticated"), await (await PostAsync(world.Host.Anonymous, text)).ProblemAsync());
        Assert.Equal((413, "too-large"), await (await PostAsync(world.ReferenceSpe, new string('a', 20_000))).ProblemAsync());
    }

    [Fact]
    public async Task Is_described_by_the_OpenAPI_document()
    {
        await using var world = await AuditWorld.StartAsync(postgres);
        var document = JsonNode.Parse(await world.Host.Anonymous.TextAsync("openapi/v1.json"))!.AsObject();
        document.Remove("servers");
        Golden.Matches("audit.openapi.json", document.Pretty());
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, string jws) =>
        client.PostAsync(new Uri("v1/entries", UriKind.Relative), AuditWorld.Jose(jws), TestContext.Current.CancellationToken);

    private static AuditEntry Entry(string party, string use) =>
        new()
        {
            Party = party,
            Use = use,
            Id = Guid.NewGuid(),
            Action = "job-submitted",
            At = DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
            Sub = "sub-nora",
            Details = new() { ["lineage"] = "l-1", ["job"] = "j-1" },
        };

    private static string Key() => PublicJwk.Of(new byte[32].AsSpan()).X;
}
