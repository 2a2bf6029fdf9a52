using HealthDataNode.Services.Tests.Permit;

namespace HealthDataNode.Services.Tests.Catalogue;

public sealed class Finding_a_source(PostgresFixture postgres)
{
    [Theory]
    [InlineData("", "cancer,death")]
    [InlineData("KREFT", "cancer")]
    [InlineData("underlying_cause", "death")]
    [InlineData("stadium svulst", "cancer")]
    [InlineData("stadium nothing-like-it", "")]
    [InlineData("100%", "")]
    public async Task Looks_in_titles_descriptions_keywords_and_variables(string q, string expected)
    {
        await using var world = await CatalogueWorld.StartAsync(postgres);
        await world.Kari.PutJsonAsync("v1/descriptions/cancer", CatalogueWorld.Description("cancer"));
        await world.Ola.PutJsonAsync("v1/descriptions/death", CatalogueWorld.Description("death"));
        var found = await (await world.Host.Anonymous.FetchAsync($"v1/descriptions?q={Uri.EscapeDataString(q)}")).JsonAsync();
        Assert.Equal(expected, string.Join(',', found["descriptions"]!.AsArray().Select(item => (string)item!["source"]!)));
    }

    [Fact]
    public async Task Goes_page_by_page_and_knows_what_is_not_there()
    {
        await using var world = await CatalogueWorld.StartAsync(postgres);
        await world.Kari.PutJsonAsync("v1/descriptions/cancer", CatalogueWorld.Description("cancer"));
        await world.Ola.PutJsonAsync("v1/descriptions/death", CatalogueWorld.Description("death"));
        var first = await (await world.Host.Anonymous.FetchAsync("v1/descriptions?limit=1")).JsonAsync();
        Assert.Equal("cancer", (string)first["next"]!);
        var second = await (await world.Host.Anonymous.FetchAsync("v1/descriptions?limit=1&after=cancer")).JsonAsync();
        Assert.Equal("death", (string)second["descriptions"]![0]!["source"]!);
        Assert.Equal((400, "invalid-request"), await (await world.Host.Anonymous.FetchAsync("v1/descriptions?limit=0")).ProblemAsync());
        Assert.Equal((404, "not-found"), await (await world.Host.Anonymous.FetchAsync("v1/descriptions/none")).ProblemAsync());
        Assert.Equal((404, "not-found"), await (await world.Host.Anonymous.FetchAsync("v1/descriptions/none/turtle")).ProblemAsync());
    }
}
