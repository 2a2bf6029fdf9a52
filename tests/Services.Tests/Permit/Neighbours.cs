using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace HealthDataNode.Services.Tests.Permit;

/// <summary>Catalogue and SpeRegistry as far as Permit asks them: they are other services, here small real servers.</summary>
internal sealed class Neighbours : IAsyncDisposable
{
    private readonly WebApplication app;

    private Neighbours(WebApplication app) => this.app = app;

    public string Address => app.Urls.First();

    /// <summary>Answers 500 while set.</summary>
    public bool Broken { get; set; }

    public Dictionary<string, object> Descriptions { get; } = [];

    public Dictionary<string, object> Environments { get; } = [];

    public static async Task<Neighbours> StartAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var neighbours = new Neighbours(app);
        app.MapGet("/v1/descriptions/{source}", (string source) => neighbours.Answer(neighbours.Descriptions, source));
        app.MapGet("/v1/environments/{party}", (string party) => neighbours.Answer(neighbours.Environments, party));
        await app.StartAsync();
        return neighbours;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private IResult Answer(Dictionary<string, object> known, string name) =>
        Broken ? Results.StatusCode(500)
        : known.TryGetValue(name, out var found) ? Results.Json(found)
        : Results.NotFound();
}
