using System.Net;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace HealthDataNode.Edge.Proxy;

/// <summary>
/// What of the node can be reached from outside. Pseudonymisation is named path by path: its re-key, delivery keys,
/// closing and shredding have no route here at all.
/// </summary>
internal static class Routes
{
    /// <summary>Name of the route's metadata that holds the API: its audience and its scope.</summary>
    public const string Service = "service";

    /// <summary>Name of the route's metadata that says whether a read needs no sign-in.</summary>
    public const string OpenReads = "open-reads";

    /// <summary>A part is at most 64 MiB of Crypt4GH.</summary>
    public const long PartBytes = 64L * 1024 * 1024;

    private const string H2c = "pseudonymisation-h2c";

    private static readonly string[] Whole = ["catalogue", "permit", "speregistry", "gateway", "audit"];

    public static readonly string[] Services = [.. Whole, "pseudonymisation"];

    public static RouteConfig[] All() =>
        [
            .. Whole.Select(service => Route(service, service, $"/{service}/v1/{{**rest}}", open: true)),
            .. Services.Select(service =>
                Route($"{service}-openapi", service, $"/{service}/openapi/{{**rest}}", open: true, methods: ["GET"])
            ),
            Route("gateway-parts", "gateway", "/gateway/v1/orders/{order}/parts/{**rest}", bytes: PartBytes),
            Route("pseudonymisation-order", "pseudonymisation", $"/pseudonymisation/v1/orders/{Digest}", methods: ["GET"]),
            Route(
                "pseudonymisation-tokens",
                "pseudonymisation",
                $"/pseudonymisation/v1/orders/{Digest}/tokens/{{part:int}}",
                cluster: H2c,
                methods: ["POST"],
                bytes: PartBytes
            ),
            Pseudonymisation("population-feed", ["GET"]),
            Pseudonymisation("population-feed/{number:long}", ["PUT"], PartBytes),
            Pseudonymisation("opt-out", ["GET", "POST"]),
            // By the SPE of the permit: what a merge means for its room, and that the room's data are gone.
            Pseudonymisation("lineages/{lineage}/aliases", ["POST"]),
            Pseudonymisation("lineages/{lineage}/deletion", ["POST"]),
        ];

    public static ClusterConfig[] Clusters(IConfiguration configuration) =>
        [
            .. Services.Select(service => Cluster(service, Addresses(configuration, service, "http"), http2: false)),
            Cluster(H2c, Addresses(configuration, "pseudonymisation", "h2c"), http2: true),
        ];

    // SHA-256 in lower-case hex.
    private const string Digest = "{digest:regex(^[0-9a-f]{{64}}$)}";

    private static RouteConfig Pseudonymisation(string path, string[] methods, long? bytes = null) =>
        Route($"pseudonymisation-{path}", "pseudonymisation", $"/pseudonymisation/v1/{path}", methods: methods, bytes: bytes);

    private static RouteConfig Route(
        string id,
        string service,
        string path,
        bool open = false,
        string? cluster = null,
        string[]? methods = null,
        long? bytes = null
    ) =>
        new()
        {
            RouteId = id,
            ClusterId = cluster ?? service,
            Match = new RouteMatch { Path = path, Methods = methods },
            MaxRequestBodySize = bytes,
            Metadata = new Dictionary<string, string> { [Service] = service, [OpenReads] = open ? "true" : "false" },
            Transforms = [new Dictionary<string, string> { ["PathRemovePrefix"] = $"/{service}" }],
        };

    private static ClusterConfig Cluster(string id, string[] addresses, bool http2) =>
        new()
        {
            ClusterId = id,
            LoadBalancingPolicy = "PowerOfTwoChoices",
            HttpRequest = new ForwarderRequestConfig
            {
                ActivityTimeout = TimeSpan.FromSeconds(100),
                Version = http2 ? HttpVersion.Version20 : HttpVersion.Version11,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            },
            Destinations = addresses
                .Select((address, index) => (Id: $"{id}-{index}", Address: address))
                .ToDictionary(d => d.Id, d => new DestinationConfig { Address = d.Address }),
        };

    private static string[] Addresses(IConfiguration configuration, string service, string endpoint) =>
        [
            .. configuration
                .GetSection($"services:{service}:{endpoint}")
                .GetChildren()
                .Select(child => child.Value!.Replace("h2c://", "http://", StringComparison.Ordinal)),
        ];
}
