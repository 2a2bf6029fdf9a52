using System.Text.Json.Nodes;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Leases;
using HealthDataNode.Pseudonymisation.Domain;
using HealthDataNode.Services.Tests.Gateway;
using HealthDataNode.Services.Tests.Permit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace HealthDataNode.Services.Tests.Pseudonymisation;

/// <summary>The SPE's proof of deletion, and then the key is shredded: at every place, and not before (EHDS 63(3)).</summary>
public sealed class Ending_a_lineage(PseudonymisationFixture fixture) : IClassFixture<PseudonymisationFixture>
{
    private readonly PseudonymisationWorld world = fixture.World;

    [Fact]
    [Trait("Invariant", "10")]
    [Trait("Article", "EHDS 63(3)")]
    public async Task Shreds_the_key_when_the_SPE_has_proved_that_it_deleted_everything_and_says_both_once()
    {
        var order = await RevokedAsync();
        var proof = world.ProofOf(order.Lineage);
        for (var i = 0; i < 2; i++)
        {
            using var taken = await world.ProveAsync(order.Lineage, proof);
            Assert.Equal(204, (int)taken.StatusCode);
            Assert.False(world.HasKey(order.Lineage));
        }
        var proved = Assert.Single(await EventsAsync("pseudonymisation.deletion-proved", order.Lineage));
        Assert.Equal((Jws.Read(proof).Digest, PseudonymisationWorld.Spe), ((string)proved["proof"]!, (string)proved["spe"]!));
        var shredded = Assert.Single(await EventsAsync("pseudonymisation.key-shredded", order.Lineage));
        var record = world.Trust.Store().Verify<Shredding>((await ReadAsync(order.Lineage)).Record!);
        Assert.Equal(record.Digest, (string)shredded["record"]!);
        Assert.Equal([world.PermitKeys], record.Payload.Places);
        using var late = await order.SendAsync(1, order.Seal(1, PseudonymisationWorld.People(1)));
        Assert.Equal((409, "permit-not-in-force"), await late.ProblemAsync());
    }

    [Fact]
    [Trait("Invariant", "10")]
    public async Task Deletes_nothing_for_a_permit_that_has_not_ended_or_of_which_nobody_can_say()
    {
        var order = await DeliveredAsync();
        using var early = await world.ProveAsync(order.Lineage, world.ProofOf(order.Lineage));
        Assert.Equal(RefusalRow.Call("R62"), await early.ProblemAsync());
        world.Permits.States[order.Lineage] = LineageStates.Expired;
        await Eventually.Async(() => Leases.Of(order.Lineage).State == LineageStates.Expired);
        // "Expired" of a permit whose own end has not come is no end.
        using var notBegun = await world.ProveAsync(order.Lineage, world.ProofOf(order.Lineage));
        Assert.Equal(RefusalRow.Call("R62"), await notBegun.ProblemAsync());
        world.Permits.PermitAnswers = false;
        try
        {
            await Eventually.Async(() => Leases.Of(order.Lineage).State is null);
            using var unknown = await world.ProveAsync(order.Lineage, world.ProofOf(order.Lineage));
            Assert.Equal((503, "permit-state-unknown"), await unknown.ProblemAsync());
        }
        finally
        {
            world.Permits.PermitAnswers = true;
        }
        await IsUntouchedAsync(order);
    }

    [Fact]
    [Trait("Invariant", "10")]
    public async Task Believes_no_proof_of_another_SPE_by_another_key_or_for_another_lineage()
    {
        var order = await RevokedAsync();
        var proof = world.ProofOf(order.Lineage);
        using var stranger = await world.ProveAsync(order.Lineage, proof, "otherspe");
        Assert.Equal(RefusalRow.Call("R64"), await stranger.ProblemAsync());
        using var forged = await world.ProveAsync(order.Lineage, world.ProofOf(order.Lineage, world.Trust.Enrol("otherspe", KeyUses.Spe)));
        Assert.Equal(RefusalRow.Call("R65"), await forged.ProblemAsync());
        using var byHolder = await world.ProveAsync(order.Lineage, world.ProofOf(order.Lineage, world.Cancer.Signer));
        Assert.Equal((422, "document-refused"), await byHolder.ProblemAsync());
        var other = await world.OpenAsync();
        using var elsewhere = await world.ProveAsync(order.Lineage, world.ProofOf(other.Lineage));
        Assert.Equal((422, "document-refused"), await elsewhere.ProblemAsync());
        using var nowhere = await world.ProveAsync("nothing", proof);
        Assert.Equal((404, "not-found"), await nowhere.ProblemAsync());
        await IsUntouchedAsync(order);
    }

    [Fact]
    [Trait("Invariant", "10")]
    public async Task Takes_no_old_proof_from_before_a_renewal()
    {
        var order = await DeliveredAsync();
        var old = world.ProofOf(order.Lineage, at: DateTimeOffset.UtcNow.AddDays(-2));
        var renewed = world.Amend(order.Permit, permit => permit with { IssuedAt = DateTimeOffset.UtcNow.AddDays(-1).ToUnixTimeSeconds() });
        world.Permits.Permits[order.Lineage] = renewed;
        world.Permits.States[order.Lineage] = LineageStates.Revoked;
        await world.LeaseIsAsync(order.Lineage, LeaseStanding.Ended);
        using var refused = await world.ProveAsync(order.Lineage, old);
        Assert.Equal(RefusalRow.Call("R63"), await refused.ProblemAsync());
        using var ahead = await world.ProveAsync(order.Lineage, world.ProofOf(order.Lineage, at: DateTimeOffset.UtcNow.AddDays(1)));
        Assert.Equal((409, "proof-out-of-time"), await ahead.ProblemAsync());
        await IsUntouchedAsync(order);
        using var taken = await world.ProveAsync(order.Lineage, world.ProofOf(order.Lineage));
        Assert.Equal(204, (int)taken.StatusCode);
        using var replayed = await world.ProveAsync(order.Lineage, old);
        Assert.Equal(204, (int)replayed.StatusCode);
        Assert.Single(await EventsAsync("pseudonymisation.deletion-proved", order.Lineage));
    }

    private PermitLeases Leases => world.Host.Services.GetRequiredService<PermitLeases>();

    [Fact]
    [Trait("Invariant", "10")]
    public async Task Shreds_by_itself_the_key_of_a_permit_under_which_no_SPE_was_given_anything()
    {
        var order = await world.OpenAsync();
        var delivered = await RevokedAsync();
        world.Permits.States[order.Lineage] = LineageStates.Revoked;
        await Eventually.Async(() => !world.HasKey(order.Lineage));
        for (var i = 0; i < 200 && (await EventsAsync("pseudonymisation.key-shredded", order.Lineage)).Count == 0; i++)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
        Assert.Single(await EventsAsync("pseudonymisation.key-shredded", order.Lineage));
        Assert.Empty(await EventsAsync("pseudonymisation.deletion-proved", order.Lineage));
        using var key = await order.DeliveryKeyAsync(world.SpeKeyDocument);
        Assert.Equal((409, "permit-not-in-force"), await key.ProblemAsync());
        // Where the SPE was given a key, its proof is waited for.
        Assert.True(world.HasKey(delivered.Lineage));
    }

    // The SPE was given the key to what is delivered to it.
    private async Task<TestOrder> DeliveredAsync()
    {
        var order = await world.OpenAsync();
        using var done = await order.HolderIsDoneAsync();
        using var key = await order.DeliveryKeyAsync(world.SpeKeyDocument);
        Assert.Equal(200, (int)key.StatusCode);
        return order;
    }

    private async Task<TestOrder> RevokedAsync()
    {
        var order = await DeliveredAsync();
        Assert.True(world.HasKey(order.Lineage));
        world.Permits.States[order.Lineage] = LineageStates.Revoked;
        await world.LeaseIsAsync(order.Lineage, LeaseStanding.Ended);
        return order;
    }

    private async Task IsUntouchedAsync(TestOrder order)
    {
        Assert.True(world.HasKey(order.Lineage));
        Assert.Equal((null, null), await ReadAsync(order.Lineage));
        Assert.Empty(await EventsAsync("pseudonymisation.deletion-proved", order.Lineage));
        Assert.Empty(await EventsAsync("pseudonymisation.key-shredded", order.Lineage));
    }

    private async Task<List<JsonNode>> EventsAsync(string contract, string lineage) =>
        [.. (await Outbox.EventsAsync(world.Database, contract)).Where(one => (string)one["lineage"]! == lineage)];

    private async Task<(string? Proof, string? Record)> ReadAsync(string lineage)
    {
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var read = new NpgsqlCommand(
            "SELECT deletion_proof, shred_record FROM pseudonymisation.lineages WHERE lineage = $1",
            connection
        );
        read.Parameters.AddWithValue(lineage);
        await using var row = await read.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        Assert.True(await row.ReadAsync(TestContext.Current.CancellationToken));
        return (row.IsDBNull(0) ? null : row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1));
    }
}

/// <summary>Where a key lies beside the store, and how long it may.</summary>
public sealed class Shredding_a_key(PostgresFixture postgres)
{
    [Fact]
    [Trait("Invariant", "10")]
    public async Task Deletes_it_at_every_mirror_waits_for_one_that_is_away_and_names_them_all()
    {
        await using var world = await PseudonymisationWorld.StartAsync(postgres);
        var order = await world.OpenAsync();
        var (here, away) = (Mirror(world, "here"), Mirror(world, "away"));
        await File.WriteAllLinesAsync(Path.Combine(world.PermitKeys, "mirrors"), [here, away, ""], TestContext.Current.CancellationToken);
        Copy(world, order, here);
        Copy(world, order, away);
        var hidden = away + ".hidden";
        Directory.Move(away, hidden);

        using var refused = await world.AsPermit.PostAsync(
            $"/v1/lineages/{order.Lineage}/shredding",
            null,
            TestContext.Current.CancellationToken
        );
        Assert.Equal((503, "mirror-away"), await refused.ProblemAsync());
        Assert.False(world.HasKey(order.Lineage) || File.Exists(KeyIn(here, order)));
        Assert.Empty(await Outbox.EventsAsync(world.Database, "pseudonymisation.key-shredded"));
        await HealthIsAsync(world, HealthStatus.Degraded);

        // Back again: the watch finishes it by itself.
        Directory.Move(hidden, away);
        await EventuallyAsync(async () => (await Outbox.EventsAsync(world.Database, "pseudonymisation.key-shredded")).Count == 1);
        Assert.False(File.Exists(KeyIn(away, order)));
        Assert.Equal([world.PermitKeys, here, away], (await RecordAsync(world, order)).Places);
        await HealthIsAsync(world, HealthStatus.Healthy);
    }

    [Fact]
    [Trait("Invariant", "10")]
    public async Task Waits_for_a_mirror_that_cannot_be_written_to_and_for_no_other_key_meanwhile()
    {
        await using var world = await PseudonymisationWorld.StartAsync(postgres);
        var (stuck, free) = (await world.OpenAsync(), await world.OpenAsync());
        var mirror = Mirror(world, "stuck");
        await File.WriteAllLinesAsync(Path.Combine(world.PermitKeys, "mirrors"), [mirror], TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(KeyIn(mirror, stuck), "/proc/version"); // nobody writes there, root neither
        Copy(world, free, mirror);

        using var refused = await world.AsPermit.PostAsync(
            $"/v1/lineages/{stuck.Lineage}/shredding",
            null,
            TestContext.Current.CancellationToken
        );
        Assert.Equal((503, "mirror-away"), await refused.ProblemAsync());
        using var taken = await world.AsPermit.PostAsync(
            $"/v1/lineages/{free.Lineage}/shredding",
            null,
            TestContext.Current.CancellationToken
        );
        Assert.True(taken.IsSuccessStatusCode);
        Assert.False(File.Exists(KeyIn(mirror, free)));
        await HealthIsAsync(world, HealthStatus.Degraded);

        File.Delete(KeyIn(mirror, stuck));
        await EventuallyAsync(async () => (await Outbox.EventsAsync(world.Database, "pseudonymisation.key-shredded")).Count == 2);
    }

    [Fact]
    public async Task Names_a_mirror_that_was_declared_lost_and_waits_for_it_no_longer()
    {
        await using var world = await PseudonymisationWorld.StartAsync(postgres);
        var order = await world.OpenAsync();
        await File.WriteAllLinesAsync(
            Path.Combine(world.PermitKeys, "mirrors"),
            ["/nowhere/mirror", "lost: /nowhere/mirror"],
            TestContext.Current.CancellationToken
        );
        using var taken = await world.AsPermit.PostAsync(
            $"/v1/lineages/{order.Lineage}/shredding",
            null,
            TestContext.Current.CancellationToken
        );
        Assert.Equal(204, (int)taken.StatusCode);
        Assert.Equal([world.PermitKeys, "lost: /nowhere/mirror"], (await RecordAsync(world, order)).Places);
    }

    [Fact]
    [Trait("Article", "EHDS 68(12)")]
    public async Task Is_overdue_six_months_after_the_end_which_raises_an_alarm()
    {
        var end = new DateTimeOffset(2026, 5, 26, 12, 0, 0, TimeSpan.Zero);
        Assert.False(KeyTerm.IsOver(end, end.AddYears(1), end.AddMonths(6).AddSeconds(-1)));
        Assert.True(KeyTerm.IsOver(end, end.AddYears(1), end.AddMonths(6)));
        Assert.True(KeyTerm.IsOver(null, end, end.AddMonths(6)));
        Assert.False(KeyTerm.IsOver(null, end.AddYears(1), end.AddMonths(6)));
        Assert.False(KeyTerm.IsOver(null, null, end));
        // Revoked long after it had ended by itself: the end was the earlier one.
        Assert.True(KeyTerm.IsOver(end.AddMonths(5), end, end.AddMonths(6)));

        await using var world = await PseudonymisationWorld.StartAsync(postgres);
        var order = await world.OpenAsync();
        await HealthIsAsync(world, HealthStatus.Healthy);
        await using (var connection = new NpgsqlConnection(world.Database))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var old = new NpgsqlCommand(
                "UPDATE pseudonymisation.lineages SET revoked_at = now() - interval '7 months'",
                connection
            );
            await old.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
        await HealthIsAsync(world, HealthStatus.Degraded);
        Assert.True(world.HasKey(order.Lineage));
        await IsLookedAtAgainAsync(world, order);
        using var taken = await world.AsPermit.PostAsync(
            $"/v1/lineages/{order.Lineage}/shredding",
            null,
            TestContext.Current.CancellationToken
        );
        await HealthIsAsync(world, HealthStatus.Healthy);
        // Looked at all the while, said once.
        var alarm = Assert.Single(await Outbox.EventsAsync(world.Database, "pseudonymisation.key-overdue"));
        Assert.Equal(order.Lineage, (string)alarm["lineage"]!);
    }

    [Fact]
    public async Task Counts_from_a_permit_that_was_signed_by_a_key_that_has_ended()
    {
        await using var world = await PseudonymisationWorld.StartAsync(postgres);
        var order = await world.OpenAsync();
        using var next = world.Trust.Replace(world.PermitSigner, KeyUses.Permit);
        await IsLookedAtAgainAsync(world, order);
    }

    // The watch reads the end of the permit where it is not known.
    private static async Task IsLookedAtAgainAsync(PseudonymisationWorld world, TestOrder order)
    {
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var unseen = new NpgsqlCommand("UPDATE pseudonymisation.lineages SET ends_at = NULL", connection);
        await unseen.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        await using var seen = new NpgsqlCommand(
            "SELECT ends_at IS NOT NULL FROM pseudonymisation.lineages WHERE lineage = $1",
            connection
        );
        seen.Parameters.AddWithValue(order.Lineage);
        await EventuallyAsync(async () => (bool)(await seen.ExecuteScalarAsync(TestContext.Current.CancellationToken))!);
    }

    private static string Mirror(PseudonymisationWorld world, string name) =>
        Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(world.PermitKeys)!, name)).FullName;

    private static string KeyIn(string mirror, TestOrder order) => Path.Combine(mirror, $"{order.Lineage}.key");

    private static void Copy(PseudonymisationWorld world, TestOrder order, string mirror) =>
        File.Copy(world.KeyFile(order.Lineage), KeyIn(mirror, order));

    private static async Task<Shredding> RecordAsync(PseudonymisationWorld world, TestOrder order)
    {
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var read = new NpgsqlCommand("SELECT shred_record FROM pseudonymisation.lineages WHERE lineage = $1", connection);
        read.Parameters.AddWithValue(order.Lineage);
        return world
            .Trust.Store()
            .Verify<Shredding>((string)(await read.ExecuteScalarAsync(TestContext.Current.CancellationToken))!)
            .Payload;
    }

    private static Task HealthIsAsync(PseudonymisationWorld world, HealthStatus health) =>
        EventuallyAsync(async () =>
            (
                await world.Host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(check => check.Name == "permit-keys")
            ).Status == health
        );

    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        for (var deadline = System.Diagnostics.Stopwatch.StartNew(); !await condition(); await Task.Delay(50))
        {
            Assert.True(deadline.Elapsed < TimeSpan.FromSeconds(30), "It did not happen in 30 s.");
        }
    }
}
