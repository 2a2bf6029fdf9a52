using System.Security.Cryptography;
using System.Text.Json.Nodes;
using HealthDataNode.Audit.Domain;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Services.Tests.Permit;

namespace HealthDataNode.Services.Tests.Audit;

/// <summary>EHDS 73(1)(e): logs show tampering (architecture §9, row 11).</summary>
[Trait("Article", "EHDS 73(1)(e)")]
[Trait("Invariant", "11")]
public sealed class Verifying_the_audit_log(PostgresFixture postgres)
{
    [Fact]
    public async Task Finds_nothing_wrong_in_a_whole_log_also_after_a_restart()
    {
        await using var world = await LogAsync(5);
        Assert.True((bool)(await world.VerifyAsync())["valid"]!);
        await File.AppendAllTextAsync(world.HeadFile, "a line that a crash has cut", TestContext.Current.CancellationToken);
        await world.RestartAsync();
        await world.ReceiveAsync("permit", 6);
        await world.SignedAsync(6);
        var verification = await world.VerifyAsync();
        Assert.True((bool)verification["valid"]!, verification.ToJsonString());
        Assert.Equal(6, (long)verification["entries"]!);
        Assert.True((long)verification["heads"]! >= 2);
        Assert.Null(verification["firstBroken"]);
    }

    [Fact]
    public async Task Finds_a_cut_tail()
    {
        await using var world = await LogAsync(5);
        await world.TamperAsync("DELETE FROM audit.entries WHERE sequence > 3");
        AssertBroken(await world.VerifyAsync(), "cut-tail", 4);
        // What comes after a cut does not hide it: no head is signed over another history.
        await world.ReceiveAsync("gateway", 1);
        await world.ReceiveAsync("gateway", 2);
        await world.ReceiveAsync("gateway", 3);
        await Task.Delay(300, TestContext.Current.CancellationToken);
        Assert.Equal(5, world.HeadSequences()[^1]);
        Assert.Equal("rewritten", (string?)(await world.VerifyAsync())["firstBroken"]!["kind"]);
    }

    [Fact]
    public async Task Finds_a_changed_entry()
    {
        await using var world = await LogAsync(5);
        await world.TamperAsync("""UPDATE audit.entries SET payload = '{"other":1}' WHERE sequence = 2""");
        AssertBroken(await world.VerifyAsync(), "rewritten", 2);
    }

    [Fact]
    public async Task Finds_a_removed_entry()
    {
        await using var world = await LogAsync(5);
        await world.TamperAsync("DELETE FROM audit.entries WHERE sequence = 3");
        AssertBroken(await world.VerifyAsync(), "rewritten", 3);
    }

    [Fact]
    public async Task Finds_a_chain_that_was_rewritten_with_all_its_hashes()
    {
        await using var world = await LogAsync(5);
        var fact = new Fact("permit", 5, Guid.NewGuid(), "permit.something-else", DateTimeOffset.UtcNow, "{}");
        var previous = (byte[])(await Outbox.QueryAsync(world.Database, "SELECT previous_hash FROM audit.entries WHERE sequence = 5"))[0];
        var before = new Entry
        {
            Sequence = 4,
            Publisher = "",
            MessageId = Guid.Empty,
            Contract = "",
            OccurredAt = default,
            RecordedAt = default,
            Payload = "",
            PreviousHash = [],
            Hash = previous,
        };
        var forged = Entry.After(before, fact, DateTimeOffset.UtcNow);
        await world.TamperAsync(
            $"""
            UPDATE audit.entries SET message_id = '{forged.MessageId}', contract = '{forged.Contract}', payload = '{forged.Payload}',
                occurred_at = '{forged.OccurredAt:O}', recorded_at = '{forged.RecordedAt:O}', hash = '\x{Convert.ToHexString(forged.Hash)}'
            WHERE sequence = 5
            """
        );
        AssertBroken(await world.VerifyAsync(), "rewritten", 5);
    }

    [Fact]
    public async Task Finds_a_gap_in_the_numbers_of_a_publisher_once_it_has_settled()
    {
        await using var world = await AuditWorld.StartAsync(postgres, grace: TimeSpan.Zero);
        await world.ReceiveAsync("permit", 1);
        await world.ReceiveAsync("gateway", 1);
        await world.ReceiveAsync("gateway", 3);
        AssertBroken(await world.VerifyAsync(), "gap", 3, "gateway");
        await world.ReceiveAsync("gateway", 2);
        Assert.True((bool)(await world.VerifyAsync())["valid"]!);
    }

    [Fact]
    public async Task Does_not_call_an_overtaken_event_a_gap()
    {
        await using var world = await AuditWorld.StartAsync(postgres);
        await world.ReceiveAsync("gateway", 2);
        Assert.True((bool)(await world.VerifyAsync())["valid"]!);
    }

    [Fact]
    public async Task Finds_a_head_by_another_key_than_the_audit_key()
    {
        await using var world = await LogAsync(3);
        using var foreign = SigningKey.Create();
        var head = new AuditHead
        {
            Sequence = 3,
            Hash = Convert.ToHexStringLower(SHA256.HashData([])),
            At = DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
        };
        var byAttacker = foreign.Sign(head, "audit:1:audit").Text;
        var byOtherUse = world.Spe.Sign(head).Text;
        var lines = await File.ReadAllTextAsync(world.HeadFile, TestContext.Current.CancellationToken);
        foreach (var line in new[] { byAttacker, byOtherUse })
        {
            await File.WriteAllTextAsync(world.HeadFile, $"{lines}{line}\n", TestContext.Current.CancellationToken);
            AssertBroken(await world.VerifyAsync(), "head-signature", 3);
        }
    }

    [Fact]
    public async Task Is_for_auditors_where_the_Edge_forwards_the_call()
    {
        await using var world = await AuditWorld.StartAsync(postgres);
        var stranger = world.Host.As("sub-nora", ["data-user"], org: "999000301");
        foreach (var (client, status) in new[] { (world.Host.Anonymous, 401), (stranger, 403), (world.Auditor, 200) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("v1/verification", UriKind.Relative));
            request.Headers.Add("X-Forwarded-For", "203.0.113.7");
            Assert.Equal(status, (int)(await client.ActAsync(request)).StatusCode);
        }
    }

    private async Task<AuditWorld> LogAsync(int entries)
    {
        var world = await AuditWorld.StartAsync(postgres);
        for (var number = 1; number <= entries; number++)
        {
            await world.ReceiveAsync("permit", number);
        }
        await world.SignedAsync(entries);
        return world;
    }

    private static void AssertBroken(JsonNode verification, string kind, long sequence, string? publisher = null)
    {
        Assert.False((bool)verification["valid"]!);
        var broken = verification["firstBroken"]!;
        Assert.Equal((kind, sequence, publisher), ((string)broken["kind"]!, (long)broken["sequence"]!, (string?)broken["publisher"]));
    }
}
