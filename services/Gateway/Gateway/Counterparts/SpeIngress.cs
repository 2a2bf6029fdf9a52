using System.Net.Http.Headers;
using System.Net.Http.Json;
using HealthDataNode.Gateway.Domain;
using HealthDataNode.Protocol.Oidc;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Uploads;

namespace HealthDataNode.Gateway.Counterparts;

/// <summary>An SPE's ingress: the same upload protocol as ours, with a token whose audience is the SPE.</summary>
internal sealed class SpeIngress(IHttpMessageHandlerFactory handlers, MachineTokenSource tokens)
{
    private sealed record DeliveryKey(string Seal, string Box);

    private sealed record KnownOrder(string Permit, string Order);

    private sealed record Announcement(string Permit, string Order, string Manifest, DeliveryKey DeliveryKey);

    /// <summary>Says which order, of which permit, parts will come of: an SPE takes none of another.</summary>
    public async Task AnnounceAsync(SpeEnvironment environment, Order order, CancellationToken cancellationToken)
    {
        using var client = ClientOf(environment);
        using var response = await client.PutAsJsonAsync(
            Address(environment, order),
            new KnownOrder(order.Permit, order.Document!),
            cancellationToken
        );
        await ProtocolProblem.EnsureSuccessAsync(response, cancellationToken);
    }

    /// <summary>Sends a part, or what is missing of it; one that is there already is recognised.</summary>
    public async Task PushPartAsync(
        SpeEnvironment environment,
        Order order,
        DeliveryPart part,
        string path,
        CancellationToken cancellationToken
    )
    {
        using var client = ClientOf(environment);
        // Few faults at a stretch: the worker comes again, after asking anew whether it may.
        var uploads = new UploadClient(client, new UploadClientOptions { Faults = 3, LongestWait = TimeSpan.FromSeconds(1) });
        await uploads.UploadAsync(Address(environment, order, "/parts"), part.Seal, path, cancellationToken);
    }

    /// <summary>Sends permit, order, manifest and the delivery key that Gateway cannot open.</summary>
    public async Task PushManifestAsync(SpeEnvironment environment, Order order, CancellationToken cancellationToken)
    {
        using var client = ClientOf(environment);
        using var response = await client.PostAsJsonAsync(
            Address(environment, order, "/manifest"),
            new Announcement(
                order.Permit,
                order.Document!,
                order.Manifest!,
                new DeliveryKey(order.DeliveryKeySeal!, order.DeliveryKeyBox!)
            ),
            cancellationToken
        );
        await ProtocolProblem.EnsureSuccessAsync(response, cancellationToken);
    }

    // The handler below is pooled by the factory; only the token's audience is the SPE's own.
    private HttpClient ClientOf(SpeEnvironment environment) =>
        new(
            new MachineTokenHandler(tokens, environment.Party) { InnerHandler = handlers.CreateHandler(CounterpartsExtensions.Spe) },
            disposeHandler: false
        )
        {
            Timeout = TimeSpan.FromSeconds(100),
            DefaultRequestHeaders = { Accept = { new MediaTypeWithQualityHeaderValue("application/json") } },
        };

    private static Uri Address(SpeEnvironment environment, Order order, string what = "") =>
        new($"{environment.IngressUrl?.TrimEnd('/')}/orders/{order.Id}{what}");
}
