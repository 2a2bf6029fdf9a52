using System.Text.Json.Nodes;
using HealthDataNode.Catalogue;

namespace HealthDataNode.Services.Tests.Catalogue;

/// <summary>The catalogue with a database and the editors of two holders.</summary>
internal sealed class CatalogueWorld(ServiceHost host, string database) : IAsyncDisposable
{
    public ServiceHost Host { get; } = host;
    public string Database { get; } = database;
    public HttpClient Kari => Host.As("sub-kari", ["catalogue-editor"], org: "999000101");
    public HttpClient Ola => Host.As("sub-ola", ["catalogue-editor"], org: "999000102");

    public static async Task<CatalogueWorld> StartAsync(PostgresFixture postgres)
    {
        var database = await postgres.CreateDatabaseAsync("catalogue");
        Dictionary<string, string> settings = new() { ["ConnectionStrings:catalogue"] = database };
        return new CatalogueWorld(await ServiceHost.StartAsync(CatalogueHost.Build, "catalogue", settings), database);
    }

    /// <summary>The description of a synthetic register, which a test may spoil.</summary>
    public static JsonObject Description(string source) =>
        JsonNode
            .Parse(
                File.ReadAllText(Path.Combine(PostgresFixture.Repository, "tests", "SyntheticRegisters", "descriptions", $"{source}.json"))
            )!
            .AsObject();

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}
