using System.Net;
using HealthDataNode.Catalogue;

namespace HealthDataNode.Services.Tests.Catalogue;

/// <summary>What every service answers when its database is away; shown with one.</summary>
public sealed class Losing_the_database
{
    [Fact]
    public async Task Is_answered_as_unavailable_so_that_callers_repeat()
    {
        Dictionary<string, string> nobodyThere = new()
        {
            ["ConnectionStrings:catalogue"] = "Host=127.0.0.1;Port=1;Username=catalogue;Password=none;Database=catalogue;Timeout=2",
        };
        await using var host = await ServiceHost.StartAsync(CatalogueHost.Build, "catalogue", nobodyThere);
        var answer = await host.Anonymous.GetAsync("v1/descriptions", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        var problem = System.Text.Json.Nodes.JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal("https://healthdatanode.example/problems/unavailable", (string?)problem["type"]);
        Assert.Contains("Repeat the call", (string?)problem["detail"]);
    }
}
