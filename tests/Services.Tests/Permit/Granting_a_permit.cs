using System.Net;
using System.Text.Json.Nodes;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;

namespace HealthDataNode.Services.Tests.Permit;

public sealed class Granting_a_permit(PostgresFixture postgres)
{
    [Fact]
    [Trait("Article", "EHDS 68(10)")]
    public async Task Gives_a_signed_document_that_the_parties_can_verify()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var lineage = await world.GrantAsync();
        Assert.Matches("^[a-z0-9-]{8,40}$", lineage);

        var text = await world.ReferenceSpe.TextAsync($"v1/permits/{lineage}/document");
        var permit = world.Trust.Store().Verify<PermitDocument>(text).Payload;
        Assert.Equal(lineage, permit.Lineage);
        Assert.Equal(1, permit.Version);
        Assert.Null(permit.Previous);
        Assert.Equal(new PermitApplicant(PermitWorld.Nora, "999000301"), permit.Applicant);
        Assert.Equal([PermitWorld.Nora], permit.Persons);
        Assert.Equal(new PermitSpe(PermitWorld.Spe, world.SpeKey.Thumbprint, 1), permit.Spe);
        Assert.Equal(["cancer", "death"], permit.Sources.Select(source => source.Source));
        Assert.Equal(["cancerregistry", "deathregistry"], permit.Sources.Select(source => source.Holder));
        // Ten per cent above what is expected, rounded up.
        Assert.Equal([1100, 552], permit.Sources.Select(source => source.IdentifierBudget));
        Assert.Equal([new PermitColumn("diagnosis_date", "date"), new PermitColumn("treatment", "string", 20)], permit.Sources[0].Columns);
        Assert.All(
            permit.Sources,
            source => Assert.Equal(new PermitDecision("hdab", PermitWorld.Start.ToUnixTimeSeconds()), source.Decision)
        );
        Assert.Equal(PermitWorld.Start.ToUnixTimeSeconds(), permit.From);
        // Until the end of the last day in Norway, where it is summer time.
        Assert.Equal(new DateTimeOffset(2031, 4, 8, 22, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds(), permit.To);
    }

    [Fact]
    public async Task Puts_the_event_into_the_outbox_with_the_document()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var lineage = await world.GrantAsync();
        var granted = Assert.Single(await world.EventsAsync("permit.permit-granted"));
        Assert.Equal(lineage, (string?)granted["lineage"]);
        Assert.Equal(1, (int?)granted["version"]);
        Assert.Equal(await world.Gateway.TextAsync($"v1/permits/{lineage}/document"), (string?)granted["document"]);
        Assert.Equal("granted", (string?)Assert.Single(await world.EventsAsync("permit.case-decided"))["outcome"]);
    }

    [Fact]
    [Trait("Article", "EHDS 55(3)")]
    public async Task Needs_two_different_people()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (_, id) = await world.SubmitAsync();
        var both = world.Host.As("sub-both", ["case-officer", "decision-maker"], "999000001", "hdab");
        (await both.PostJsonAsync($"v1/cases/{id}/preparation", new { outcome = "granted", reasons = "Fine." })).EnsureSuccessStatusCode();
        Assert.Equal(RefusalRow.Call("R41"), await (await world.DecideAsync(id, by: both)).ProblemAsync());

        // Not even after somebody else has prepared it again.
        (
            await world.Officer.PostJsonAsync($"v1/cases/{id}/preparation", new { outcome = "granted", reasons = "Fine." })
        ).EnsureSuccessStatusCode();
        Assert.Equal(RefusalRow.Call("R41"), await (await world.DecideAsync(id, by: both)).ProblemAsync());
        Assert.Empty(await world.EventsAsync("permit.permit-granted"));
        Assert.Equal("four-eyes", (string?)(await world.EventsAsync("permit.call-refused"))[0]["problem"]);

        (await world.DecideAsync(id)).EnsureSuccessStatusCode();
    }

    [Fact]
    public async Task Needs_a_preparation()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (_, id) = await world.SubmitAsync();
        Assert.Equal((409, "not-prepared"), await (await world.DecideAsync(id)).ProblemAsync());
    }

    [Fact]
    public async Task Is_for_decision_makers_of_the_same_authority()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (_, id) = await world.PrepareAsync();
        Assert.Equal((403, "forbidden"), await (await world.DecideAsync(id, by: world.Officer)).ProblemAsync());
        var other = world.Host.As("sub-other", ["decision-maker"], "999000401", "other");
        Assert.Equal((404, "not-found"), await (await world.DecideAsync(id, by: other)).ProblemAsync());
        var without = world.Host.As("sub-without", ["decision-maker"], "999000001");
        Assert.Equal((404, "not-found"), await (await world.DecideAsync(id, by: without)).ProblemAsync());
    }

    [Fact]
    public async Task Is_not_for_a_person_of_the_application()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var content = PermitWorld.Complete();
        content["persons"] = new JsonArray("sub-nora", "sub-maker");
        var (_, id) = await world.PrepareAsync(content);
        Assert.Equal((403, "conflict-of-interest"), await (await world.DecideAsync(id)).ProblemAsync());
    }

    [Fact]
    public async Task Replays_the_same_act_and_refuses_another_under_its_key()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (_, id) = await world.PrepareAsync();
        var first = await world.DecideAsync(id, key: "act-1");
        var again = await world.DecideAsync(id, key: "act-1");
        Assert.Equal(await first.TextAsync(), await again.TextAsync());
        Assert.Equal((422, "idempotency-key-reused"), await (await world.DecideAsync(id, "refused", "act-1")).ProblemAsync());
        Assert.Equal((409, "already-decided"), await (await world.DecideAsync(id, key: "act-2")).ProblemAsync());
        Assert.Single(await world.EventsAsync("permit.permit-granted"));
    }

    [Fact]
    public async Task Asks_for_the_key_and_for_the_version_that_was_read()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (_, id) = await world.PrepareAsync();
        var body = new { outcome = "granted", reasons = "Fine." };
        Assert.Equal(
            (400, "idempotency-key-missing"),
            await (await world.Maker.PostJsonAsync($"v1/cases/{id}/decision", body)).ProblemAsync()
        );
        Assert.Equal(
            (428, "if-match-missing"),
            await (await world.Maker.ActAsync(PermitWorld.With(HttpMethod.Post, $"v1/cases/{id}/decision", body, "a"))).ProblemAsync()
        );
        Assert.Equal(
            RefusalRow.Call("R43"),
            await (
                await world.Maker.ActAsync(PermitWorld.With(HttpMethod.Post, $"v1/cases/{id}/decision", body, "b", "\"1\""))
            ).ProblemAsync()
        );
    }

    [Fact]
    public async Task Happens_once_when_two_decide_at_the_same_time()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (_, id) = await world.PrepareAsync();
        var makers = Enumerable.Range(0, 8).Select(i => world.Host.As($"sub-maker-{i}", ["decision-maker"], "999000001", "hdab"));
        var answers = await Task.WhenAll(makers.Select(maker => world.DecideAsync(id, by: maker)));
        Assert.Single(answers, answer => answer.IsSuccessStatusCode);
        Assert.All(
            answers.Where(answer => !answer.IsSuccessStatusCode),
            answer => Assert.True(answer.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.PreconditionFailed)
        );
        Assert.Single(await world.EventsAsync("permit.permit-granted"));
        Assert.Single(await world.QueryAsync("SELECT lineage FROM permit.permits"));
    }

    [Theory]
    [InlineData("declared")]
    [InlineData("suspended")]
    [InlineData("expired")]
    [Trait("Invariant", "12")]
    public async Task Needs_an_environment_that_is_approved_now(string status)
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (_, id) = await world.PrepareAsync();
        world.SetEnvironment(status, PermitWorld.Start.AddYears(1), world.SpeKey);
        Assert.Equal((409, "environment-not-approved"), await (await world.DecideAsync(id)).ProblemAsync());
        world.SetEnvironment("approved", PermitWorld.Start, world.SpeKey);
        Assert.Equal((409, "environment-not-approved"), await (await world.DecideAsync(id)).ProblemAsync());
        Assert.Empty(await world.EventsAsync("permit.permit-granted"));
    }

    [Fact]
    public async Task Refuses_a_key_of_the_environment_that_the_root_has_not_stated()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (_, id) = await world.PrepareAsync();
        using var attacker = SigningKey.Create();
        foreach (var key in new[] { new PinnedKeyView(attacker.Thumbprint, 1), world.SpeKey with { Sequence = 2 }, null })
        {
            world.SetEnvironment("approved", PermitWorld.Start.AddYears(1), key);
            Assert.Equal((409, "environment-not-approved"), await (await world.DecideAsync(id)).ProblemAsync());
        }
        Assert.Empty(await world.QueryAsync("SELECT lineage FROM permit.permits"));
    }

    [Fact]
    public async Task Changes_nothing_while_the_registry_is_away()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (_, id) = await world.PrepareAsync();
        world.Around.Broken = true;
        Assert.Equal((503, "neighbour-away"), await (await world.DecideAsync(id, key: "same")).ProblemAsync());
        world.Around.Broken = false;
        // The refusal was not remembered: the same key works once the neighbour is back.
        (await world.DecideAsync(id, key: "same")).EnsureSuccessStatusCode();
    }

    [Fact]
    [Trait("Invariant", "9")]
    public async Task Is_published_with_its_reasons_and_so_is_a_refusal()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var lineage = await world.GrantAsync();
        var (_, refused) = await world.PrepareAsync();
        var answer = await (await world.DecideAsync(refused, "refused")).JsonAsync();
        Assert.Null(answer["permit"]);

        var decisions = (await (await world.Host.Anonymous.FetchAsync("v1/decisions")).JsonAsync())["items"]!.AsArray();
        Assert.Equal(["granted", "refused"], decisions.Select(item => (string)item!["outcome"]!).Order());
        Assert.All(decisions, item => Assert.Equal("Decided as proposed.", (string?)item!["reasons"]));

        var list = await (await world.Host.Anonymous.FetchAsync("v1/permits")).JsonAsync();
        var permit = Assert.Single(list["items"]!.AsArray())!;
        Assert.Equal(lineage, (string?)permit["lineage"]);
        Assert.Equal("999000301", (string?)permit["organisation"]);
        Assert.Equal(["diagnosis_date", "treatment"], permit["sources"]![0]!["variables"]!.AsArray().Select(v => (string)v!));
        Assert.DoesNotContain("sub-", list.ToJsonString() + decisions.ToJsonString(), StringComparison.Ordinal);
    }
}
