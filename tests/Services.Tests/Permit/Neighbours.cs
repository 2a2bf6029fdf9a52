using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace HealthDataNode.Services.Tests.Permit;

/// <summary>
/// Catalogue, SpeRegistry and Pseudonymisation as far as Permit asks them: they are other services, here small real servers.
/// </summary>
internal sealed class Neighbours : IAsyncDisposable
{
    private readonly WebApplication app;

    private Neighbours(WebApplication app) => this.app = app;

    public string Address => app.Urls.First();

    /// <summary>Answers 500 while set.</summary>
    public bool Broken { get; set; }

    public Dictionary<string, object> Descriptions { get; } = [];

    public Dictionary<string, object> Environments { get; } = [];

    /// <summary>The number of the newest declaration: what the next list is fixed at.</summary>
    public long Declarations { get; set; } = 3;

    /// <summary>Pseudonymisation alone answers 500 while set.</summary>
    public bool HasNoLists { get; set; }

    /// <summary>Pseudonymisation fixes lists while set, and its answers are lost.</summary>
    public bool LosesLists { get; set; }

    /// <summary>The lists that were fixed, by the name that was sent.</summary>
    public ConcurrentDictionary<string, long> Lists { get; } = [];

    public static string CommitmentTo(string decision, long list) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"salt of {decision} {list}")));

    public static async Task<Neighbours> StartAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var neighbours = new Neighbours(app);
        app.MapGet("/v1/descriptions/{source}", (string source) => neighbours.Answer(neighbours.Descriptions, source));
        app.MapGet("/v1/environments/{party}", (string party) => neighbours.Answer(neighbours.Environments, party));
        app.MapPost("/v1/opt-out-lists", (Decided decided, HttpRequest request) => neighbours.Fix(decided.Decision, request));
        await app.StartAsync();
        return neighbours;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private IResult Fix(string decision, HttpRequest request)
    {
        // Permit alone may ask, with its own token.
        if (Broken || HasNoLists || !request.Headers.Authorization.ToString().StartsWith("Bearer ", StringComparison.Ordinal))
        {
            return Results.StatusCode(500);
        }
        var list = Lists.GetOrAdd(decision, Declarations);
        return LosesLists ? Results.StatusCode(500) : Results.Json(new { list, commitment = CommitmentTo(decision, list) });
    }

    private sealed record Decided(string Decision);

    private IResult Answer(Dictionary<string, object> known, string name) =>
        Broken ? Results.StatusCode(500)
        : known.TryGetValue(name, out var found) ? Results.Json(found)
        : Results.NotFound();
}
