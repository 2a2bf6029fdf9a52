using System.Text.Json.Nodes;

namespace HealthDataNode.Services.Tests.Permit;

public sealed class Completing_an_application(SharedPermitWorld shared) : IClassFixture<SharedPermitWorld>
{
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
        var content = PermitWorld.Complete();
        content[member] = JsonNode.Parse(json);
        Assert.Equal((field, article), Assert.Single(await MissingAsync(content)));
    }

    [Fact]
    [Trait("Invariant", "6")]
    public async Task Accepts_ten_years_to_the_day()
    {
        var content = PermitWorld.Complete();
        content["period"]!["to"] = "2039-04-08";
        Assert.Empty(await MissingAsync(content));
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
        var content = PermitWorld.Complete();
        content["sources"]![1]![member] = JsonNode.Parse(json);
        Assert.Contains(field, (await MissingAsync(content)).Select(finding => finding.Field));
    }

    [Fact]
    [Trait("Invariant", "7")]
    public async Task Allows_public_bodies_the_purposes_that_are_theirs()
    {
        var content = PermitWorld.Complete();
        content["purpose"] = "53(1)(c)";
        content["persons"] = new JsonArray("sub-public");
        var person = shared.World.Host.As("sub-public", ["data-user"], org: "999000101");
        var id = (await person.PostJsonAsync("v1/applications", content)).Read("id");
        Assert.True((bool)(await (await person.FetchAsync($"v1/applications/{id}/completeness")).JsonAsync())["complete"]!);
    }

    [Theory]
    [InlineData("title", "\"with \\u0000 inside\"", "title")]
    [InlineData("purpose", "\"a purpose that is far longer than any purpose is\"", "purpose")]
    [InlineData("persons", "[null]", "persons")]
    [InlineData("sources", "[null]", "sources")]
    [InlineData("sources", "[{\"source\":\"cancer\",\"variables\":[null]}]", "sources[0].variables")]
    public async Task Refuses_a_draft_that_could_not_be_stored_or_shown(string member, string json, string field)
    {
        var content = PermitWorld.Complete();
        content[member] = JsonNode.Parse(json);
        var refused = await shared.World.Applicant.PostJsonAsync("v1/applications", content);
        Assert.Equal((400, "invalid-request"), await refused.ProblemAsync());
        Assert.Equal(field, Assert.Single(JsonNode.Parse(await refused.TextAsync())!["errors"]!.AsObject()).Key);
    }

    [Fact]
    public async Task Refuses_a_body_with_members_that_it_does_not_know()
    {
        var content = PermitWorld.Complete();
        content["granted"] = true;
        Assert.Equal(
            (400, "invalid-request"),
            await (await shared.World.Applicant.PostJsonAsync("v1/applications", content)).ProblemAsync()
        );
    }

    private async Task<IReadOnlyList<(string Field, string Article)>> MissingAsync(JsonObject content)
    {
        var id = await shared.World.DraftAsync(content);
        var answer = await (await shared.World.Applicant.FetchAsync($"v1/applications/{id}/completeness")).JsonAsync();
        return [.. answer["missing"]!.AsArray().Select(f => ((string)f!["field"]!, (string)f["article"]!))];
    }
}
