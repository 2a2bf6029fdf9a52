using System.Text.Json;
using HealthDataNode.Protocol.Oidc;
using HealthDataNode.Protocol.Problems;

namespace HealthDataNode.ReferenceSpe.Node;

/// <summary>Clients for the node's APIs, all through its Edge, each with this machine's token for that API.</summary>
internal sealed class NodeClients(IHttpClientFactory clients)
{
    public HttpClient For(string api) => clients.CreateClient(NameOf(api));

    /// <summary>A fault of the network, the node or the issuer: to be tried again, never the end of a worker.</summary>
    public static bool IsFault(Exception exception, CancellationToken cancellationToken) =>
        exception is HttpRequestException or ProtocolProblemException or IOException or JsonException
        || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    public static void Add(WebApplicationBuilder builder, SpeOptions options)
    {
        builder.Services.AddSingleton<NodeClients>();
        builder.Services.AddHttpClient("issuer", http => http.Timeout = TimeSpan.FromSeconds(15));
        builder.Services.AddSingleton(services => new MachineTokenSource(
            services.GetRequiredService<IHttpClientFactory>().CreateClient("issuer"),
            new MachineIdentity(options.Issuer, options.Party, Path.Combine(options.Keys, "client.pem")),
            services.GetRequiredService<TimeProvider>()
        ));
        foreach (var api in (string[])["permit", "speregistry", "gateway", "pseudonymisation", "audit"])
        {
            builder
                .Services.AddHttpClient(
                    NameOf(api),
                    http =>
                    {
                        http.BaseAddress = options.Edge;
                        http.Timeout = TimeSpan.FromSeconds(api == "permit" ? 5 : 30);
                    }
                )
                .AddHttpMessageHandler(services => new MachineTokenHandler(services.GetRequiredService<MachineTokenSource>(), api));
        }
    }

    private static string NameOf(string api) => $"node-{api}";
}
