using System.Text.Json.Nodes;

namespace HealthDataNode.Services.Tests.Permit;

public sealed class Applying_for_a_permit(PostgresFixture postgres)
{
    [Fact]
    [Trait("Article", "EHDS 67(2)")]
    public async Task Lists_everything_that_is_missing_at_once()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var id = await world.DraftAsync([]);
        var answer = await (await world.Applicant.FetchAsync($"v1/applications/{id}/completeness")).JsonAsync();
        Assert.False((bool)answer["complete"]!);
        var fields = answer["missing"]!.AsArray().Select(finding => (string)finding!["field"]!).ToHashSet();
        string[] expected =
        [
            "title",
            "intendedUse",
            "benefit",
            "justification",
            "safeguards",
            "ethics",
            "purpose",
            "legalBasis",
            "format",
            "persons",
            "spe.reasons",
            "spe.party",
            "period",
            "declaredAgainst",
            "sources",
        ];
        Assert.Equal(expected.Order(), fields.Order());

        var refused = await world.Applicant.ActAsync(PermitWorld.With(HttpMethod.Post, $"v1/applications/{id}/submission", null, "a"));
        var problem = JsonNode.Parse(await refused.TextAsync())!;
        Assert.Equal((400, "application-incomplete"), await refused.ProblemAsync());
        Assert.Equal(expected.Order(), problem["errors"]!.AsObject().Select(field => field.Key).Order());
        Assert.Equal(5, problem["errors"]!["declaredAgainst"]!.AsArray().Count);
        Assert.Empty(await world.QueryAsync("SELECT id FROM permit.cases"));
    }

    [Theory]
    [InlineData("declared", true)]
    [InlineData("suspended", true)]
    [InlineData("approved", false)]
    public async Task Checks_the_environment_against_the_registry_and_the_root(string status, bool stated)
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        world.SetEnvironment(status, PermitWorld.Start.AddYears(1), stated ? world.SpeKey : new("not-the-stated-thumbprint", 1));
        var id = await world.DraftAsync();
        var answer = await (await world.Applicant.FetchAsync($"v1/applications/{id}/completeness")).JsonAsync();
        Assert.Equal("spe.party", (string?)Assert.Single(answer["missing"]!.AsArray())!["field"]);
    }

    [Fact]
    public async Task Becomes_a_case_with_a_clock_at_submission()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (id, _) = await world.SubmitAsync();
        var view = await (await world.Applicant.FetchAsync($"v1/applications/{id}")).JsonAsync();
        Assert.Equal("submitted", (string?)view["state"]);
        Assert.Equal("hdab", (string?)view["cases"]![0]!["authority"]);
        Assert.Equal("pre-screening", (string?)view["cases"]![0]!["state"]);
        var clock = Assert.Single(view["cases"]![0]!["clocks"]!.AsArray())!;
        Assert.Equal("T03", (string?)clock["rule"]);
        Assert.Equal("2029-07-09T22:00:00+00:00", (string?)clock["dueAt"]);
        var submitted = Assert.Single(await world.EventsAsync("permit.application-submitted"));
        Assert.Equal(["cancer", "death"], submitted["sources"]!.AsArray().Select(source => (string)source!));
    }

    [Fact]
    public async Task Is_submitted_once()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var id = await world.DraftAsync();
        Task<HttpResponseMessage> Submit(string key) =>
            world.Applicant.ActAsync(PermitWorld.With(HttpMethod.Post, $"v1/applications/{id}/submission", null, key));
        var first = await (await Submit("a")).TextAsync();
        Assert.Equal(first, await (await Submit("a")).TextAsync());
        Assert.Equal((409, "already-submitted"), await (await Submit("b")).ProblemAsync());
        Assert.Equal(
            (409, "already-submitted"),
            await (await world.Applicant.PutJsonAsync($"v1/applications/{id}", PermitWorld.Complete())).ProblemAsync()
        );
        Assert.Single(await world.QueryAsync("SELECT id FROM permit.cases"));
    }

    [Fact]
    public async Task Is_seen_by_its_applicant_and_once_submitted_by_its_authority_only()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var id = await world.DraftAsync();
        var other = world.Host.As("sub-other", ["case-officer"], "999000401", "other");
        HttpClient[] strangers = [world.Colleague, world.Officer, world.Maker, other];
        foreach (var stranger in strangers)
        {
            Assert.Equal((404, "not-found"), await (await stranger.FetchAsync($"v1/applications/{id}")).ProblemAsync());
            Assert.Empty((await (await stranger.FetchAsync("v1/applications")).JsonAsync())["items"]!.AsArray());
        }
        foreach (var path in new[] { "", "/completeness" })
        {
            Assert.Equal((404, "not-found"), await (await world.Colleague.FetchAsync($"v1/applications/{id}{path}")).ProblemAsync());
        }
        Assert.Equal(
            (404, "not-found"),
            await (await world.Colleague.PutJsonAsync($"v1/applications/{id}", PermitWorld.Complete())).ProblemAsync()
        );
        Assert.Equal(
            (404, "not-found"),
            await (
                await world.Colleague.ActAsync(PermitWorld.With(HttpMethod.Post, $"v1/applications/{id}/submission", null, "a"))
            ).ProblemAsync()
        );

        var (submitted, caseId) = await world.SubmitAsync();
        Assert.Equal(submitted, (await world.Officer.FetchAsync($"v1/applications/{submitted}")).Read("id"));
        Assert.Single((await (await world.Officer.FetchAsync("v1/cases")).JsonAsync())["items"]!.AsArray());
        Assert.Equal((404, "not-found"), await (await other.FetchAsync($"v1/applications/{submitted}")).ProblemAsync());
        Assert.Equal((404, "not-found"), await (await other.FetchAsync($"v1/cases/{caseId}")).ProblemAsync());
        Assert.Empty((await (await other.FetchAsync("v1/cases")).JsonAsync())["items"]!.AsArray());
        Assert.Equal(2, (await (await world.Applicant.FetchAsync("v1/applications")).JsonAsync())["items"]!.AsArray().Count);
    }

    [Fact]
    public async Task Does_not_lose_the_update_of_somebody_else()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var id = await world.DraftAsync();
        Task<HttpResponseMessage> Put(string tag) =>
            world.Applicant.ActAsync(PermitWorld.With(HttpMethod.Put, $"v1/applications/{id}", PermitWorld.Complete(), ifMatch: tag));
        var revised = await Put("\"1\"");
        Assert.Equal("\"2\"", revised.Headers.ETag?.Tag);
        Assert.Equal((412, "stale"), await (await Put("\"1\"")).ProblemAsync());
    }

    [Fact]
    public async Task Says_so_when_a_neighbour_is_away()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var id = await world.DraftAsync();
        world.Around.Broken = true;
        Assert.Equal(
            (503, "neighbour-away"),
            await (await world.Applicant.FetchAsync($"v1/applications/{id}/completeness")).ProblemAsync()
        );
    }
}
