using HealthDataNode.Protocol.Documents;
using HealthDataNode.Services.Tests.Permit;

namespace HealthDataNode.Services.Tests.SpeRegistry;

/// <summary>What a party is told of an SPE: signed, for it alone, good for seconds (architecture §9, row 12).</summary>
public sealed class Leasing_an_approval(PostgresFixture postgres)
{
    private static readonly string[] One = ["a"];

    [Fact]
    [Trait("Invariant", "12")]
    [Trait("Article", "EHDS 73(3)")]
    public async Task Says_where_an_environment_stands_and_that_of_no_other()
    {
        await using var world = await SpeRegistryWorld.StartAsync(postgres);
        Assert.Equal([(SpeRegistryWorld.Party, 0, SpeStatuses.Unknown), ("nobody", 0, SpeStatuses.Unknown)], await StatesAsync(world));
        await world.DeclareAsync();
        var declared = await StatesAsync(world);
        Assert.Equal(SpeStatuses.Lapsed, declared[0].Status);
        using var approved = await world.ApproveAsync(world.Time.GetUtcNow().AddYears(1));
        var good = await StatesAsync(world);
        Assert.Equal(SpeStatuses.Approved, good[0].Status);
        using var suspended = await world.SuspendAsync();
        var stopped = await StatesAsync(world);
        Assert.Equal(SpeStatuses.Suspended, stopped[0].Status);
        using var again = await world.ApproveAsync(world.Time.GetUtcNow().AddYears(1));
        var back = await StatesAsync(world);
        Assert.Equal(SpeStatuses.Approved, back[0].Status);
        // Each change has a version of its own, so that an older answer can be told from a newer one.
        int[] versions = [declared[0].Version, good[0].Version, stopped[0].Version, back[0].Version];
        Assert.Equal(versions.Distinct().Order(), versions);
    }

    [Fact]
    [Trait("Invariant", "12")]
    public async Task Lapses_at_the_second_at_which_the_approval_ends_and_no_lease_outlives_it()
    {
        await using var world = await SpeRegistryWorld.StartAsync(postgres);
        await world.DeclareAsync();
        var until = world.Time.GetUtcNow().AddHours(1);
        using var approved = await world.ApproveAsync(until);
        world.Time.MoveTo(until.AddSeconds(-1));
        var last = await world.StatusAsync();
        Assert.Equal(SpeStatuses.Approved, last.States[0].Status);
        Assert.Equal(until.ToUnixTimeSeconds(), last.Until);
        world.Time.MoveTo(until);
        var lapsed = await world.StatusAsync();
        Assert.Equal(SpeStatuses.Lapsed, lapsed.States[0].Status);
        Assert.Equal(until.ToUnixTimeSeconds() + 3, lapsed.Until);
    }

    [Fact]
    [Trait("Invariant", "12")]
    public async Task Is_bound_to_the_caller_and_its_nonce_and_asked_for_by_machines_alone()
    {
        await using var world = await SpeRegistryWorld.StartAsync(postgres);
        var answer = await world.StatusAsync("otherspe", "fedcba9876543210");
        Assert.Equal(("otherspe", "fedcba9876543210"), (answer.Caller, answer.Nonce));
        using var person = await world.Auditor.PostJsonAsync("v1/status-checks", new { nonce = "0123456789abcdef", parties = One });
        Assert.Equal(RefusalRow.Call("R68"), await person.ProblemAsync());
        using var nobody = await world.Host.Anonymous.PostJsonAsync("v1/status-checks", new { nonce = "0123456789abcdef", parties = One });
        Assert.Equal((401, "unauthenticated"), await nobody.ProblemAsync());
        foreach (
            var (nonce, parties) in new[] { ("short", new[] { "a" }), ("0123456789abcdef", ["a", "a"]), ("0123456789abcdef", ["A b"]) }
        )
        {
            using var wrong = await world.Spe.PostJsonAsync("v1/status-checks", new { nonce, parties });
            Assert.Equal((400, "invalid-request"), await wrong.ProblemAsync());
        }
    }

    private static async Task<(string Party, int Version, string Status)[]> StatesAsync(SpeRegistryWorld world) =>
        [.. (await world.StatusAsync()).States.Select(state => (state.Party, state.Version, state.Status))];
}
