using System.Net.Http.Json;
using System.Text.Json.Nodes;
using HealthDataNode.Catalogue.Contracts.V1;
using HealthDataNode.ServiceDefaults.Messaging;
using HealthDataNode.Services.Tests.Permit;
using Npgsql;

namespace HealthDataNode.Services.Tests.Catalogue;

/// <summary>EHDS 60(3), 77.</summary>
[Trait("Article", "EHDS 60(3)")]
public sealed class Publishing_a_description(PostgresFixture postgres)
{
    [Fact]
    public async Task Makes_a_version_and_an_event()
    {
        await using var world = await CatalogueWorld.StartAsync(postgres);
        var put = await world.Kari.PutJsonAsync("v1/descriptions/cancer", CatalogueWorld.Description("cancer"));
        Assert.Equal((201, "\"1\""), ((int)put.StatusCode, put.Headers.ETag!.Tag));
        var read = await (await world.Host.Anonymous.FetchAsync("v1/descriptions/cancer")).JsonAsync();
        Assert.Equal(1, (int)read["version"]!);
        Assert.True(JsonNode.DeepEquals(CatalogueWorld.Description("cancer")["variables"], read["variables"]));
        var published = Assert.Single(await Outbox.EventsAsync(world.Database, "catalogue.description-published"));
        Assert.Equal(
            ("cancer", "cancerregistry", 1),
            ((string)published["source"]!, (string)published["holder"]!, (int)published["version"]!)
        );
    }

    [Fact]
    public async Task Again_unchanged_changes_nothing()
    {
        await using var world = await CatalogueWorld.StartAsync(postgres);
        var first = await world.Kari.PutJsonAsync("v1/descriptions/cancer", CatalogueWorld.Description("cancer"));
        var again = await world.Kari.PutJsonAsync("v1/descriptions/cancer", CatalogueWorld.Description("cancer"));
        Assert.Equal(200, (int)again.StatusCode);
        Assert.Equal(1, (int)(await again.JsonAsync())["version"]!);
        Assert.Single(await Outbox.EventsAsync(world.Database, "catalogue.description-published"));
        Assert.Equal(first.Headers.ETag, again.Headers.ETag);
    }

    [Fact]
    public async Task Changed_is_the_next_version_and_the_older_one_stays()
    {
        await using var world = await CatalogueWorld.StartAsync(postgres);
        await world.Kari.PutJsonAsync("v1/descriptions/cancer", CatalogueWorld.Description("cancer"));
        var changed = CatalogueWorld.Description("cancer");
        changed["numberOfRecords"] = 7;
        Assert.Equal(2, (int)(await (await world.Kari.PutJsonAsync("v1/descriptions/cancer", changed)).JsonAsync())["version"]!);
        var newest = await (await world.Host.Anonymous.FetchAsync("v1/descriptions/cancer")).JsonAsync();
        var older = await (await world.Host.Anonymous.FetchAsync("v1/descriptions/cancer?version=1")).JsonAsync();
        Assert.Equal((7, 1), ((int)newest["numberOfRecords"]!, (int)older["version"]!));
        Assert.NotEqual(7, (int)older["numberOfRecords"]!);
        foreach (var sql in new[] { "UPDATE catalogue.descriptions SET body = ''", "DELETE FROM catalogue.descriptions" })
        {
            await Assert.ThrowsAsync<PostgresException>(() => Outbox.ExecuteAsync(Outbox.AsOwner(world.Database), sql));
        }
    }

    [Fact]
    public async Task Does_not_overwrite_what_the_editor_has_not_seen()
    {
        await using var world = await CatalogueWorld.StartAsync(postgres);
        await world.Kari.PutJsonAsync("v1/descriptions/cancer", CatalogueWorld.Description("cancer"));
        var changed = CatalogueWorld.Description("cancer");
        changed["numberOfRecords"] = 7;
        foreach (var (tag, status) in new[] { ("\"2\"", 412), ("\"1\"", 201), ("\"1\"", 412) })
        {
            using var put = new HttpRequestMessage(HttpMethod.Put, new Uri("v1/descriptions/cancer", UriKind.Relative));
            put.Headers.TryAddWithoutValidation("If-Match", tag);
            put.Content = JsonContent.Create(changed);
            var answer = await world.Kari.ActAsync(put);
            Assert.Equal(status, (int)answer.StatusCode);
        }
    }

    [Fact]
    public async Task Is_for_editors_of_the_organisation_that_holds_the_data()
    {
        await using var world = await CatalogueWorld.StartAsync(postgres);
        var description = CatalogueWorld.Description("cancer");
        Assert.Equal(
            (403, "not-your-organisation"),
            await (await world.Ola.PutJsonAsync("v1/descriptions/cancer", description)).ProblemAsync()
        );
        Assert.Equal(
            (401, "unauthenticated"),
            await (await world.Host.Anonymous.PutJsonAsync("v1/descriptions/cancer", description)).ProblemAsync()
        );
        var researcher = world.Host.As("sub-nora", ["data-user"], org: "999000101");
        Assert.Equal((403, "forbidden"), await (await researcher.PutJsonAsync("v1/descriptions/cancer", description)).ProblemAsync());
        var foreign = world.Host.With(TestTokens.For("permit", "sub-kari", ["catalogue-editor"], "999000101"));
        Assert.Equal((401, "unauthenticated"), await (await foreign.PutJsonAsync("v1/descriptions/cancer", description)).ProblemAsync());
        Assert.Empty(await Outbox.QueryAsync(world.Database, "SELECT source FROM catalogue.descriptions"));
        var refused = await Outbox.EventsAsync(world.Database, "catalogue.call-refused");
        Assert.Equal(["not-your-organisation", "forbidden"], refused.Select(entry => (string)entry["problem"]!));
    }

    [Fact]
    public async Task Cannot_take_over_another_organisations_source_or_holder()
    {
        await using var world = await CatalogueWorld.StartAsync(postgres);
        await world.Kari.PutJsonAsync("v1/descriptions/cancer", CatalogueWorld.Description("cancer"));
        var source = CatalogueWorld.Description("cancer");
        (source["holder"], source["holderOrg"]) = ("deathregistry", "999000102");
        Assert.Equal((403, "not-your-organisation"), await (await world.Ola.PutJsonAsync("v1/descriptions/cancer", source)).ProblemAsync());
        var holder = CatalogueWorld.Description("death");
        holder["holder"] = "cancerregistry";
        Assert.Equal((403, "not-your-organisation"), await (await world.Ola.PutJsonAsync("v1/descriptions/death", holder)).ProblemAsync());
        Assert.Equal(201, (int)(await world.Ola.PutJsonAsync("v1/descriptions/death", CatalogueWorld.Description("death"))).StatusCode);
    }

    [Theory]
    [InlineData("source", "\"Cancer\"", "source")]
    [InlineData("holderOrg", "\"12\"", "holderOrg")]
    [InlineData("title", """{"nb":"Bare norsk"}""", "title.en")]
    [InlineData("description", """{"en":"English only","nb":" "}""", "description.nb")]
    [InlineData("keywords", """{"nb":["kreft"],"en":[]}""", "keywords.en")]
    [InlineData("keywords", """{"nb":[null],"en":["a"]}""", "keywords.nb")]
    [InlineData("healthCategories", "[]", "healthCategories")]
    [InlineData("healthCategories", """["NOPE"]""", "healthCategories")]
    [InlineData("healthThemes", "[null]", "healthThemes")]
    [InlineData("contactEmail", "\"a@b\"", "contactEmail")]
    [InlineData("contactPage", "\"javascript:alert(1)\"", "contactPage")]
    [InlineData("applicableLegislation", """["https://lovdata.no/x"]""", "applicableLegislation")]
    [InlineData("applicableLegislation", """["http://data.europa.eu/eli/reg/2025/327/oj","http://a b"]""", "applicableLegislation")]
    [InlineData("numberOfRecords", "-1", "numberOfRecords")]
    [InlineData("minTypicalAge", "140", "maxTypicalAge")]
    [InlineData("temporalEnd", "\"1999-12-31\"", "temporalEnd")]
    [InlineData("variables", "[]", "variables")]
    [InlineData("variables", "[null]", "variables[0].name")]
    [InlineData("variables/0/name", "\"token\"", "variables[0].name")]
    [InlineData("variables/0/name", "\"sex\"", "variables[3].name")]
    [InlineData("variables/0/datatype", "\"text\"", "variables[0].datatype")]
    [InlineData("variables/0/maxLength", "3", "variables[0].maxLength")]
    [InlineData("variables/0/title", """{"nb":"x","en":"line\u0000"}""", "variables[0].title.en")]
    [InlineData("variables/0/codeList", "\"not an iri\"", "variables[0].codeList")]
    public async Task Names_the_field_that_is_wrong(string path, string json, string field)
    {
        await using var world = await CatalogueWorld.StartAsync(postgres);
        var description = CatalogueWorld.Description("cancer");
        JsonNode parent = description;
        var parts = path.Split('/');
        foreach (var part in parts[..^1])
        {
            parent = int.TryParse(part, out var index) ? parent[index]! : parent[part]!;
        }
        parent[parts[^1]] = JsonNode.Parse(json);
        var answer = await world.Kari.PutJsonAsync("v1/descriptions/cancer", description);
        Assert.Equal((400, "invalid-description"), await answer.ProblemAsync());
        var errors = JsonNode.Parse(await answer.TextAsync())!["errors"]!.AsObject();
        Assert.Contains(field, errors.Select(error => error.Key));
        Assert.Empty(await Outbox.QueryAsync(world.Database, "SELECT source FROM catalogue.descriptions"));
    }

    [Fact]
    public async Task Refuses_a_member_that_it_does_not_know()
    {
        await using var world = await CatalogueWorld.StartAsync(postgres);
        var description = CatalogueWorld.Description("cancer");
        description["trusted"] = true;
        Assert.Equal((400, "invalid-request"), await (await world.Kari.PutJsonAsync("v1/descriptions/cancer", description)).ProblemAsync());
    }

    [Fact]
    public async Task Is_described_by_the_OpenAPI_document_and_a_golden_event()
    {
        await using var world = await CatalogueWorld.StartAsync(postgres);
        var document = JsonNode.Parse(await world.Host.Anonymous.TextAsync("openapi/v1.json"))!.AsObject();
        document.Remove("servers");
        Golden.Matches("catalogue.openapi.json", document.Pretty());
        var published = new DescriptionPublished("cancer", "cancerregistry", 1, DateTimeOffset.UnixEpoch);
        var json = System.Text.Json.JsonSerializer.Serialize(published, ContractName.Json);
        Golden.Matches($"{ContractName.Of(published.GetType())}.json", JsonNode.Parse(json)!.Pretty());
    }
}
