using HealthDataNode.Protocol.Documents;

namespace HealthDataNode.Services.Tests.Permit;

public sealed class Leasing_a_permit(PostgresFixture postgres)
{
    private const string Nonce = "abcdefghijklmnop_-01";

    [Fact]
    [Trait("Invariant", "10")]
    public async Task Tells_a_party_the_state_signed_with_its_nonce_and_good_for_three_seconds()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var lineage = await world.GrantAsync();
        var state = await AskAsync(world, world.Gateway, lineage, "l-0000000000000000");
        Assert.Equal("gateway", state.Caller);
        Assert.Equal(Nonce, state.Nonce);
        Assert.Equal(world.Time.GetUtcNow().ToUnixTimeSeconds(), state.At);
        Assert.Equal(state.At + 3, state.Until);
        Assert.Equal((lineage, 1, LineageStates.InForce), (state.States[0].Lineage, state.States[0].Version, state.States[0].State));
        Assert.Equal(Jws.Read(await world.Gateway.TextAsync($"v1/permits/{lineage}/document")).Digest, state.States[0].Digest);
        Assert.Equal(new LineageState("l-0000000000000000", 0, null, LineageStates.Unknown), state.States[1]);

        world.Time.MoveTo(new DateTimeOffset(2031, 4, 8, 21, 59, 59, TimeSpan.Zero));
        Assert.Equal(LineageStates.InForce, (await AskAsync(world, world.Gateway, lineage)).States[0].State);
        world.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(LineageStates.Expired, (await AskAsync(world, world.Gateway, lineage)).States[0].State);
    }

    [Fact]
    [Trait("Invariant", "10")]
    [Trait("Article", "EHDS 63(3)")]
    public async Task Says_revoked_from_the_moment_of_revocation()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var lineage = await world.GrantAsync();
        var path = $"v1/permits/{lineage}/revocation";
        var body = new { reasons = "Breach of conditions." };
        Assert.Equal((403, "forbidden"), await (await world.Officer.PostJsonAsync(path, body)).ProblemAsync());
        var other = world.Host.As("sub-other", ["decision-maker"], "999000401", "other");
        Assert.Equal((404, "not-found"), await (await other.PostJsonAsync(path, body)).ProblemAsync());
        (await world.Maker.PostJsonAsync(path, body)).EnsureSuccessStatusCode();
        Assert.Equal(LineageStates.Revoked, (await AskAsync(world, world.Gateway, lineage)).States[0].State);
        Assert.False((await EnterAsync(world, lineage, PermitWorld.Nora)).Allowed);
        Assert.Equal((409, "already-revoked"), await (await world.Maker.PostJsonAsync(path, body)).ProblemAsync());
        Assert.Equal(lineage, (string?)Assert.Single(await world.EventsAsync("permit.permit-revoked"))["lineage"]);
        Assert.Empty((await (await world.Host.Anonymous.FetchAsync("v1/permits")).JsonAsync())["items"]!.AsArray());
    }

    [Fact]
    [Trait("Invariant", "1")]
    public async Task Lets_the_person_named_enter_inside_the_dates_and_nobody_else()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var content = PermitWorld.Complete();
        content["period"]!["from"] = "2029-04-10";
        var lineage = await world.GrantAsync(content);
        Assert.False((await EnterAsync(world, lineage, PermitWorld.Nora)).Allowed);
        world.Time.MoveTo(new DateTimeOffset(2029, 4, 9, 22, 0, 0, TimeSpan.Zero));
        var answer = await EnterAsync(world, lineage, PermitWorld.Nora);
        Assert.True(answer.Allowed);
        Assert.Equal((PermitWorld.Spe, Nonce, PermitWorld.Nora, 1), (answer.Caller, answer.Nonce, answer.Sub, answer.Version));
        Assert.False((await EnterAsync(world, lineage, PermitWorld.Ivar)).Allowed);
        world.Time.MoveTo(new DateTimeOffset(2031, 4, 8, 22, 0, 0, TimeSpan.Zero));
        Assert.False((await EnterAsync(world, lineage, PermitWorld.Nora)).Allowed);
    }

    [Fact]
    public async Task Is_for_machines_and_access_for_the_environment_that_the_permit_names()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var lineage = await world.GrantAsync();
        var states = new { nonce = Nonce, lineages = new[] { lineage } };
        var access = new
        {
            nonce = Nonce,
            lineage,
            sub = PermitWorld.Nora,
        };
        Assert.Equal((403, "forbidden"), await (await world.Applicant.PostJsonAsync("v1/state-checks", states)).ProblemAsync());
        Assert.Equal((403, "forbidden"), await (await world.Gateway.PostJsonAsync("v1/access-checks", access)).ProblemAsync());
        var otherSpe = world.Host.As("service-other", ["spe"], party: "otherspe");
        Assert.Equal((404, "not-found"), await (await otherSpe.PostJsonAsync("v1/access-checks", access)).ProblemAsync());
        // A person who somehow had the role is still no machine.
        var person = world.Host.As(PermitWorld.Nora, ["spe"], "999000201");
        Assert.Equal((403, "forbidden"), await (await person.PostJsonAsync("v1/access-checks", access)).ProblemAsync());
    }

    [Theory]
    [InlineData("short")]
    [InlineData("with spaces in the nonce")]
    public async Task Refuses_a_nonce_that_could_say_anything_else(string nonce)
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        Assert.Equal(
            (400, "invalid-request"),
            await (await world.Gateway.PostJsonAsync("v1/state-checks", new { nonce, lineages = Array.Empty<string>() })).ProblemAsync()
        );
    }

    [Fact]
    public async Task Shows_the_document_to_those_whom_it_names()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var lineage = await world.GrantAsync();
        var path = $"v1/permits/{lineage}/document";
        HttpClient[] named =
        [
            world.Applicant,
            world.Officer,
            world.Maker,
            world.Gateway,
            world.ReferenceSpe,
            world.Host.As("service-cancer", ["data-holder"], party: "cancerregistry"),
            world.Host.As("service-ps", [], party: "pseudonymisation"),
        ];
        foreach (var client in named)
        {
            Assert.NotEmpty(await client.TextAsync(path));
        }
        HttpClient[] others =
        [
            world.Colleague,
            world.Host.As("service-other", ["data-holder"], party: "otherregistry"),
            world.Host.As("sub-other", ["case-officer"], "999000401", "other"),
        ];
        foreach (var client in others)
        {
            Assert.Equal((404, "not-found"), await (await client.FetchAsync(path)).ProblemAsync());
        }
        Assert.Equal((401, "unauthenticated"), await (await world.Host.Anonymous.FetchAsync(path)).ProblemAsync());
    }

    [Fact]
    public async Task Gives_everybody_the_statements_of_the_root()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var served = await world.Host.Anonymous.FetchAsync("v1/key-statements");
        Assert.Equal("text/plain", served.Content.Headers.ContentType?.MediaType);
        Assert.Equal(
            await File.ReadAllTextAsync(world.Trust.Settings["Trust:Statements"], TestContext.Current.CancellationToken),
            await served.TextAsync()
        );
    }

    private static async Task<PermitState> AskAsync(PermitWorld world, HttpClient party, params string[] lineages)
    {
        var answer = await party.PostJsonAsync("v1/state-checks", new { nonce = Nonce, lineages });
        Assert.Equal("application/jose", answer.Content.Headers.ContentType?.MediaType);
        return world.Trust.Store().Verify<PermitState>(await answer.TextAsync()).Payload;
    }

    private static async Task<AccessAnswer> EnterAsync(PermitWorld world, string lineage, string sub)
    {
        var answer = await world.ReferenceSpe.PostJsonAsync(
            "v1/access-checks",
            new
            {
                nonce = Nonce,
                lineage,
                sub,
            }
        );
        return world.Trust.Store().Verify<AccessAnswer>(await answer.TextAsync()).Payload;
    }
}
