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
            "title", "intendedUse", "benefit", "justification", "safeguards", "ethics", "purpose", "legalBasis", "format",
            "persons", "spe.reasons", "spe.party", "period", "declaredAgainst", "sources",
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
    [InlineData("purpose", "\"53(1)(a)\"", "purpose", "EHDS 53(2)")]
    [InlineData("purpose", "\"curiosity\"", "purpose", "EHDS 53(1)")]
    [InlineData("legalBasis", "\"9(2)(j)\"", "legalBasis", "EHDS 67(4)")]
    [InlineData("format", "\"anonymised\"", "format", "EHDS 67(2)(e)")]
    [InlineData("justification", "\" \"", "justification", "EHDS 67(2)(e)")]
    [InlineData("persons", "[\"sub-ivar\"]", "persons", "EHDS 67(2)(a)")]
    [InlineData("persons", "[\"sub-nora\",\"sub-nora\"]", "persons", "EHDS 67(2)(a)")]
    [InlineData("persons", "[\"sub-nora\",\"<script>\"]", "persons", "EHDS 67(2)(a)")]
    [InlineData("period", "{\"from\":\"2029-04-09\",\"to\":\"2039-04-09\"}", "period.to", "EHDS 68(12)")]
    [InlineData("period", "{\"from\":\"2029-04-09\",\"to\":\"2029-04-08\"}", "period.to", "EHDS 67(2)(h)")]
    [InlineData("period", "{\"from\":\"9995-01-01\",\"to\":\"9999-12-31\"}", "period.from", "EHDS 67(2)(h)")]
    [InlineData("period", "{\"from\":\"0001-01-01\",\"to\":\"2031-12-31\"}", "period.from", "EHDS 67(2)(h)")]
    [InlineData("declaredAgainst", "[\"54(a)\",\"54(b)\",\"54(c)\",\"54(e)\"]", "declaredAgainst", "EHDS 54(d)")]
    [InlineData("spe", "{\"party\":\"nowhere\",\"reasons\":\"x\"}", "spe.party", "EHDS 73")]
    [InlineData("spe", "{\"party\":\"../permits\",\"reasons\":\"x\"}", "spe.party", "EHDS 73")]
    [Trait("Invariant", "5")]
    [Trait("Invariant", "6")]
    [Trait("Invariant", "7")]
    public async Task Refuses_what_the_law_does_not_allow(string member, string json, string field, string article)
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var content = PermitWorld.Complete();
        content[member] = JsonNode.Parse(json);
        Assert.Equal((field, article), Assert.Single(await MissingAsync(world, content)));
    }

    [Fact]
    [Trait("Invariant", "6")]
    public async Task Accepts_ten_years_to_the_day()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var content = PermitWorld.Complete();
        content["period"]!["to"] = "2039-04-08";
        Assert.Empty(await MissingAsync(world, content));
    }

    [Theory]
    [InlineData("source", "\"unknown\"", "sources[1].source")]
    [InlineData("source", "\"../environments/referencespe\"", "sources[1].source")]
    [InlineData("source", "\"cancer\"", "sources")]
    [InlineData("variables", "[\"death_date\",\"cause\"]", "sources[1].variables[1]")]
    [InlineData("variables", "[]", "sources[1].variables")]
    [InlineData("expectedPersons", "9", "sources[1].expectedPersons")]
    [Trait("Invariant", "2")]
    public async Task Checks_every_source_against_the_catalogue(string member, string json, string field)
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var content = PermitWorld.Complete();
        content["sources"]![1]![member] = JsonNode.Parse(json);
        Assert.Contains(field, (await MissingAsync(world, content)).Select(finding => finding.Field));
    }

    [Theory]
    [InlineData("declared", true)]
    [InlineData("suspended", true)]
    [InlineData("approved", false)]
    public async Task Checks_the_environment_against_the_registry_and_the_root(string status, bool stated)
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        world.SetEnvironment(status, PermitWorld.Start.AddYears(1), stated ? world.SpeKey : new("not-the-stated-thumbprint", 1));
        Assert.Equal(("spe.party", "EHDS 73"), Assert.Single(await MissingAsync(world, PermitWorld.Complete())));
    }

    [Fact]
    [Trait("Invariant", "7")]
    public async Task Allows_public_bodies_the_purposes_that_are_theirs()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var content = PermitWorld.Complete();
        content["purpose"] = "53(1)(c)";
        content["persons"] = new JsonArray("sub-public");
        var person = world.Host.As("sub-public", ["data-user"], org: "999000101");
        var id = (await person.PostJsonAsync("v1/applications", content)).Read("id");
        Assert.True((bool)(await (await person.FetchAsync($"v1/applications/{id}/completeness")).JsonAsync())["complete"]!);
    }

    [Fact]
    public async Task Becomes_a_case_with_a_clock_at_submission()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (id, _) = await world.SubmitAsync();
        var view = await (await world.Applicant.FetchAsync($"v1/applications/{id}")).JsonAsync();
        Assert.Equal("submitted", (string?)view["state"]);
        Assert.Equal("hdab", (string?)view["case"]!["authority"]);
        Assert.Equal("pre-screening", (string?)view["case"]!["state"]);
        var clock = Assert.Single(view["case"]!["clocks"]!.AsArray())!;
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
    public async Task Refuses_a_body_with_members_that_it_does_not_know()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var content = PermitWorld.Complete();
        content["granted"] = true;
        Assert.Equal((400, "invalid-request"), await (await world.Applicant.PostJsonAsync("v1/applications", content)).ProblemAsync());
    }

    [Theory]
    [InlineData("title", "\"with \\u0000 inside\"", "title")]
    [InlineData("purpose", "\"a purpose that is far longer than any purpose is\"", "purpose")]
    [InlineData("persons", "[null]", "persons")]
    [InlineData("sources", "[null]", "sources")]
    [InlineData("sources", "[{\"source\":\"cancer\",\"variables\":[null]}]", "sources[0].variables")]
    public async Task Refuses_a_draft_that_could_not_be_stored_or_shown(string member, string json, string field)
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var content = PermitWorld.Complete();
        content[member] = JsonNode.Parse(json);
        var refused = await world.Applicant.PostJsonAsync("v1/applications", content);
        Assert.Equal((400, "invalid-request"), await refused.ProblemAsync());
        Assert.Equal(field, Assert.Single(JsonNode.Parse(await refused.TextAsync())!["errors"]!.AsObject()).Key);
        Assert.Empty(await world.QueryAsync("SELECT id FROM permit.applications"));
    }

    [Fact]
    public async Task Says_so_when_a_neighbour_is_away()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var id = await world.DraftAsync();
        world.Around.Broken = true;
        Assert.Equal((503, "neighbour-away"), await (await world.Applicant.FetchAsync($"v1/applications/{id}/completeness")).ProblemAsync());
    }

    private static async Task<IReadOnlyList<(string Field, string Article)>> MissingAsync(PermitWorld world, JsonObject content)
    {
        var id = await world.DraftAsync(content);
        var answer = await (await world.Applicant.FetchAsync($"v1/applications/{id}/completeness")).JsonAsync();
        return [.. answer["missing"]!.AsArray().Select(f => ((string)f!["field"]!, (string)f["article"]!))];
    }
}
