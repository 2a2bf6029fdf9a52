using HealthDataNode.Services.Tests.Permit;
using Npgsql;

namespace HealthDataNode.Services.Tests.Audit;

public sealed class Keeping_the_audit_log(PostgresFixture postgres)
{
    [Fact]
    public async Task Makes_every_event_an_entry_that_covers_the_one_before()
    {
        await using var world = await AuditWorld.StartAsync(postgres);
        await world.ReceiveAsync("permit", 1, """{"lineage":"l-1"}""");
        await world.ReceiveAsync("gateway", 1);
        var page = await (await world.Auditor.FetchAsync("v1/entries")).JsonAsync();
        var entries = page["entries"]!.AsArray();
        Assert.Equal([1L, 2L], entries.Select(entry => (long)entry!["sequence"]!));
        Assert.Equal(new string('0', 64), (string)entries[0]!["previousHash"]!);
        Assert.Equal((string)entries[0]!["hash"]!, (string)entries[1]!["previousHash"]!);
        Assert.Equal("""{"lineage":"l-1"}""", (string)entries[0]!["payload"]!);
        Assert.Equal("permit.something-happened", (string)entries[0]!["contract"]!);
        var head = await (await world.Host.Anonymous.FetchAsync("v1/head")).JsonAsync();
        Assert.Equal((2L, (string)entries[1]!["hash"]!), ((long)head["entries"]!, (string)head["hash"]!));
    }

    [Fact]
    public async Task Stays_one_chain_when_many_append_at_once()
    {
        await using var world = await AuditWorld.StartAsync(postgres);
        await Task.WhenAll(Enumerable.Range(1, 40).Select(number => world.ReceiveAsync("permit", number)));
        var verification = await world.VerifyAsync();
        Assert.True((bool)verification["valid"]!, verification.ToJsonString());
        Assert.Equal(40, (long)verification["entries"]!);
    }

    [Theory]
    [InlineData("UPDATE audit.entries SET payload = ''")]
    [InlineData("DELETE FROM audit.entries")]
    [InlineData("TRUNCATE audit.entries")]
    [Trait("Invariant", "11")]
    [Trait("Article", "EHDS 73(1)(e)")]
    public async Task Lets_nobody_change_or_remove_an_entry(string sql)
    {
        await using var world = await AuditWorld.StartAsync(postgres);
        await world.ReceiveAsync("permit", 1);
        foreach (var role in new[] { world.Database, Outbox.AsOwner(world.Database) })
        {
            var refusal = await Assert.ThrowsAsync<PostgresException>(() => Outbox.ExecuteAsync(role, sql));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refusal.SqlState);
        }
        Assert.Equal(1, (long)(await world.VerifyAsync())["entries"]!);
    }

    [Fact]
    public async Task Gives_entries_page_by_page_and_to_auditors_alone()
    {
        await using var world = await AuditWorld.StartAsync(postgres);
        for (var number = 1; number <= 3; number++)
        {
            await world.ReceiveAsync("permit", number);
        }
        var first = await (await world.Auditor.FetchAsync("v1/entries?limit=2")).JsonAsync();
        Assert.Equal(2, (long)first["next"]!);
        var second = await (await world.Auditor.FetchAsync("v1/entries?limit=2&after=2")).JsonAsync();
        Assert.Equal(3, (long)Assert.Single(second["entries"]!.AsArray())!["sequence"]!);
        Assert.Null(second["next"]);
        Assert.Equal((400, "invalid-request"), await (await world.Auditor.FetchAsync("v1/entries?limit=0")).ProblemAsync());
        var other = world.Host.As("sub-x", ["administrator", "case-officer"], "999000001", "hdab");
        Assert.Equal((403, "forbidden"), await (await other.FetchAsync("v1/entries")).ProblemAsync());
        Assert.Equal((401, "unauthenticated"), await (await world.Host.Anonymous.FetchAsync("v1/entries")).ProblemAsync());
    }
}
