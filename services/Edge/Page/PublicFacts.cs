using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using HealthDataNode.Protocol.Documents;

namespace HealthDataNode.Edge.Page;

/// <summary>
/// Asks the services what they tell anybody, all at once and without waiting long. However many look, the front page's
/// questions and those of each lineage are asked once a second at most; of a lineage that is not there, one.
/// </summary>
internal sealed class PublicFacts(IHttpClientFactory clients, IConfiguration configuration, TimeProvider time)
{
    public const string Client = "public-facts";

    private static readonly TimeSpan Keep = TimeSpan.FromSeconds(1);

    private const int MostPages = 20;

    private const int MostLineages = 100;

    private readonly Momentary<Facts> everything = new(Keep, 1, time);
    private readonly Momentary<Facts> lineages = new(Keep, MostLineages, time);

    /// <summary>The newest of everything.</summary>
    public Task<Facts> ReadAsync() => everything.GetAsync("", AskAsync);

    /// <summary>All of one lineage, however old; an empty register where there is none.</summary>
    public Task<Facts> ReadAsync(string lineage) =>
        PermitDocument.IsLineage(lineage) ? lineages.GetAsync(lineage, () => AskAsync(lineage)) : Task.FromResult(new Facts(Register: []));

    private async Task<Facts> AskAsync(string lineage)
    {
        var register = await PagesAsync<ApplicationFact>(
            "permit",
            $"/v1/register?lineage={lineage}",
            application => application.SubmittedAt
        );
        if (register is not [_, ..])
        {
            return new Facts(Register: register);
        }

        var orders = AskAsync<OrderFact[]>("gateway", $"/v1/deliveries?lineage={lineage}");
        var releases = PagesAsync<ReleaseFact>("permit", $"/v1/releases?lineage={lineage}", release => release.ReleasedAt);
        return new Facts(Register: register, Orders: await orders, Releases: await releases);
    }

    private async Task<Facts> AskAsync()
    {
        var sources = AskAsync<DescriptionPage>("catalogue", "/v1/descriptions?limit=200");
        var register = PagesAsync<ApplicationFact>("permit", "/v1/register", application => application.SubmittedAt);
        var statistics = AskAsync<Statistics>("permit", "/v1/statistics");
        var orders = AskAsync<OrderFact[]>("gateway", "/v1/deliveries");
        var releases = PagesAsync<ReleaseFact>("permit", "/v1/releases", release => release.ReleasedAt);
        var audit = AskAsync<AuditHead>("audit", "/v1/head");
        return new Facts(
            (await sources)?.Descriptions,
            await register,
            (await statistics)?.Stages,
            await orders,
            await releases,
            await audit
        );
    }

    /// <summary>Every page of a list, the newest first; null where one page does not come.</summary>
    private async Task<IReadOnlyList<T>?> PagesAsync<T>(string service, string path, Func<T, DateTimeOffset> at)
    {
        List<T> all = [];
        string? next = null;
        for (var page = 0; page < MostPages && (page == 0 || next is not null); page++)
        {
            var after = next is null ? "" : $"{(path.Contains('?') ? '&' : '?')}after={Uri.EscapeDataString(next)}";
            var answer = await AskAsync<Items<T>>(service, path + after);
            if (answer is null)
            {
                return null;
            }

            all.AddRange(answer.List);
            next = answer.Next;
        }

        return [.. all.OrderByDescending(at)];
    }

    private async Task<T?> AskAsync<T>(string service, string path)
        where T : class
    {
        if (configuration[$"services:{service}:http:0"] is not { Length: > 0 } address)
        {
            return null;
        }

        try
        {
            using var client = clients.CreateClient(Client);
            return await client.GetFromJsonAsync<T>(new Uri(new Uri(address), path), Json);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException or JsonException)
        {
            return null;
        }
    }

    // A service may add what this page does not show; what it shows must be there.
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    private sealed record DescriptionPage(IReadOnlyList<SourceFact> Descriptions);

    private sealed record Statistics(IReadOnlyList<StageFact> Stages);

    private sealed record Items<T>([property: JsonPropertyName("items")] IReadOnlyList<T> List, string? Next = null);
}

/// <summary>How the page's facts are asked for: no token, no long wait, no large answer.</summary>
internal static class PublicFactsExtensions
{
    public static void AddPublicFacts(this IServiceCollection services)
    {
        services.AddSingleton<PublicFacts>();
        services.AddHttpClient(
            PublicFacts.Client,
            client =>
            {
                client.Timeout = TimeSpan.FromSeconds(2);
                client.MaxResponseContentBufferSize = 4 * 1024 * 1024;
            }
        );
    }
}
