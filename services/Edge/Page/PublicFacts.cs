using System.Net.Http.Json;
using System.Text.Json;

namespace HealthDataNode.Edge.Page;

/// <summary>
/// Asks the services what they tell anybody, all at once and without waiting long. However many look at the page, each
/// service is asked once a second at most.
/// </summary>
internal sealed class PublicFacts(IHttpClientFactory clients, IConfiguration configuration, TimeProvider time)
{
    public const string Client = "public-facts";

    private static readonly TimeSpan Keep = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private Task<Facts> current = Task.FromResult(new Facts(null, null, null, null));
    private DateTimeOffset staleAt = DateTimeOffset.MinValue;

    public Task<Facts> ReadAsync()
    {
        lock (gate)
        {
            var now = time.GetUtcNow();
            if (now >= staleAt && current.IsCompleted)
            {
                current = AskAsync();
                staleAt = now + Keep;
            }

            return current;
        }
    }

    private async Task<Facts> AskAsync()
    {
        var sources = AskAsync<DescriptionPage>("catalogue", "/v1/descriptions?limit=200");
        var permits = AskAsync<PermitPage>("permit", "/v1/permits");
        var deliveries = AskAsync<DeliveryFact[]>("gateway", "/v1/deliveries");
        var audit = AskAsync<AuditHead>("audit", "/v1/head");
        return new Facts((await sources)?.Descriptions, (await permits)?.Items, await deliveries, await audit);
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
        catch (Exception error)
            when (error is HttpRequestException or IOException or OperationCanceledException or JsonException)
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

    private sealed record PermitPage(IReadOnlyList<PermitFact> Items);
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
