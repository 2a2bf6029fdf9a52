using System.Net.Http.Headers;
using System.Net.Http.Json;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Uploads;

namespace HealthDataNode.ReferenceHolder.Orders;

/// <summary>The node as this holder sees it: three APIs behind the Edge, a token for each.</summary>
public sealed class Node(IHttpClientFactory clients)
{
    internal static readonly string[] Apis = ["gateway", "pseudonymisation", "audit"];

    /// <summary>An order as the node lists it.</summary>
    public sealed record Listed(string Id, string State, string Source, string? Order, string? Permit, string? TraceParent);

    /// <summary>Identifiers answered: the sealed file and its seal.</summary>
    public sealed record Answer(byte[] File, string Seal);

    public async Task<IReadOnlyList<Listed>> OpenOrdersAsync(CancellationToken cancellationToken) =>
        await clients.CreateClient("gateway").GetFromJsonAsync<Listed[]>("v1/orders?open=true", cancellationToken) ?? [];

    public async Task<Listed?> OrderAsync(string id, CancellationToken cancellationToken)
    {
        using var response = await clients.CreateClient("gateway").GetAsync($"v1/orders/{id}", cancellationToken);
        await ProtocolProblem.EnsureSuccessAsync(response, cancellationToken);
        return await response.Content.ReadFromJsonAsync<Listed>(cancellationToken);
    }

    /// <summary>Sends a sealed part of identifiers. The very same bytes may be sent again.</summary>
    public async Task<Answer> TokeniseAsync(string digest, int part, byte[] file, string seal, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"v1/orders/{digest}/tokens/{part}");
        request.Headers.Add("Seal", seal);
        request.Content = new ByteArrayContent(file);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        using var response = await clients.CreateClient("pseudonymisation").SendAsync(request, cancellationToken);
        await ProtocolProblem.EnsureSuccessAsync(response, cancellationToken);
        return new Answer(
            await response.Content.ReadAsByteArrayAsync(cancellationToken),
            response.Headers.TryGetValues("Seal", out var seals) ? seals.First() : ""
        );
    }

    /// <summary>Sends a sealed batch of the population register. The very same bytes may be sent again.</summary>
    public async Task FeedAsync(int number, byte[] file, string seal, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"v1/population-feed/{number}");
        request.Headers.Add("Seal", seal);
        request.Content = new ByteArrayContent(file);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        using var response = await clients.CreateClient("pseudonymisation").SendAsync(request, cancellationToken);
        await ProtocolProblem.EnsureSuccessAsync(response, cancellationToken);
    }

    public Task<UploadedPart> UploadAsync(string order, string seal, string path, CancellationToken cancellationToken)
    {
        var client = clients.CreateClient("gateway");
        return new UploadClient(client).UploadAsync(
            new Uri(client.BaseAddress!, $"v1/orders/{order}/parts"),
            seal,
            path,
            cancellationToken
        );
    }

    public Task CloseAsync(string order, string closing, CancellationToken cancellationToken) =>
        PostAsync("gateway", $"v1/orders/{order}/closing", closing, cancellationToken);

    public Task TellAuditAsync(string entry, CancellationToken cancellationToken) =>
        PostAsync("audit", "v1/entries", entry, cancellationToken);

    private async Task PostAsync(string api, string path, string document, CancellationToken cancellationToken)
    {
        using var content = new StringContent(document);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/jose");
        using var response = await clients.CreateClient(api).PostAsync(path, content, cancellationToken);
        await ProtocolProblem.EnsureSuccessAsync(response, cancellationToken);
    }
}
