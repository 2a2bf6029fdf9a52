using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthDataNode.AppHost;

/// <summary>What the lines of AppHost.cs mean: the variables, endpoints and health check of each kind of program.</summary>
internal static class ServiceExtensions
{
    private const string Realm = "health-data-node";

    /// <summary>Setup: addresses that go into the realm, and all of DIR.</summary>
    public static IResourceBuilder<ProjectResource> AsSetup(this IResourceBuilder<ProjectResource> setup, Node node) =>
        setup
            .WithEnvironment("DOTNET_ENVIRONMENT", node.Environment)
            .WithEnvironment("Data__Directory", node.Directory)
            .WithEnvironment("Keycloak__AuthServerUrl", node.Issuer)
            .WithEnvironment("Keycloak__Realm", Realm)
            .WithEnvironment("Node__Edge", node.Edge)
            .WithEnvironment("Node__Door", node.Door)
            .WithEnvironment("Citizens__File", node.In("holder", "citizens.json"));

    /// <summary>A service of the node: HTTP on loopback, its own keys, `/health`.</summary>
    public static IResourceBuilder<ProjectResource> AsService(this IResourceBuilder<ProjectResource> service, Node node) =>
        service.AsParty(node).WithTap(node).WithHttpEndpoint().WithHttpHealthCheck("/health");

    /// <summary>A listener with a certificate of the local authority, on a port that stays the same for a DIR.</summary>
    public static IResourceBuilder<ProjectResource> AsPublic(this IResourceBuilder<ProjectResource> service, Node node, string listener) =>
        service
            .AsParty(node)
            .WithHttpsEndpoint(port: node.Port(listener))
            .WithEnvironment("Realm__File", node.In("realm", Realm + ".json"))
            .WithEnvironment("Kestrel__Certificates__Default__Path", node.In("ca", listener + ".pem"))
            .WithEnvironment("Kestrel__Certificates__Default__KeyPath", node.In("ca", listener + ".key"))
            .WithSecureHealthCheck(node);

    /// <summary>A data holder: knows the Edge's address and its own source, nothing else of the node.</summary>
    public static IResourceBuilder<ProjectResource> AsHolder(this IResourceBuilder<ProjectResource> holder, Node node, string source) =>
        holder
            .AsParty(node)
            .WithEnvironment("Node__Edge", node.EdgeFromOutside)
            .WithEnvironment("Holder__Source", source)
            .WithEnvironment("Holder__File", node.In("holder", source + ".csv"))
            .WithEnvironment("Holder__Description", node.In("holder", "descriptions", source + ".json"))
            .WithEnvironment("Holder__ThrottleFile", node.In(holder.Resource.Name, "throttle"))
            .WithHttpEndpoint()
            .WithHttpHealthCheck("/health");

    /// <summary>A holder that is the population register: it feeds the lines of its file, and those added while it runs.</summary>
    public static IResourceBuilder<ProjectResource> WithFeed(this IResourceBuilder<ProjectResource> holder, Node node) =>
        holder.WithEnvironment("Holder__Feed", node.In("holder", "population.csv"));

    /// <summary>A secure processing environment: one HTTPS listener, ingress and door.</summary>
    public static IResourceBuilder<ProjectResource> AsSpe(this IResourceBuilder<ProjectResource> spe, Node node) =>
        spe.AsPublic(node, "referencespe")
            .WithEnvironment("Data__Directory", node.Create("spe"))
            .WithEnvironment("Node__Edge", node.EdgeFromOutside)
            .WithEnvironment("Door__Url", node.Door);

    private static IResourceBuilder<ProjectResource> AsParty(this IResourceBuilder<ProjectResource> service, Node node)
    {
        var name = service.Resource.Name;
        return service
            .WithEnvironment("ASPNETCORE_ENVIRONMENT", node.Environment)
            .WithEnvironment("Party__Id", name)
            .WithEnvironment("Party__Keys", node.In("keys", name))
            .WithEnvironment("Trust__Statements", node.In("keys", "public", "statements.jsonl"))
            .WithEnvironment("Trust__Root", node.In("keys", "public", "root.fingerprint"))
            .WithEnvironment("Keycloak__AuthServerUrl", node.Issuer)
            .WithEnvironment("Keycloak__Realm", Realm)
            .WithEnvironment("Keycloak__Resource", name)
            .WithEnvironment("Node__Edge", node.Edge)
            .WithEnvironment("SSL_CERT_FILE", node.Authority)
            .WithEnvironment("Data__Directory", node.Create(name));
    }

    private static IResourceBuilder<ProjectResource> WithTap(this IResourceBuilder<ProjectResource> service, Node node) =>
        node.Tap && service.Resource.Name == "pseudonymisation" ? service.WithEnvironment("Tap__Directory", node.Create("tap")) : service;

    // Aspire's own HTTP check would not know the local authority.
    internal static IResourceBuilder<T> WithSecureHealthCheck<T>(this IResourceBuilder<T> service, Node node, string path = "/health")
        where T : IResourceWithEndpoints
    {
        var key = service.Resource.Name + "_over_tls";
        var check = new SecureHealthCheck(service.GetEndpoint("https"), path, node.Authority);
        service.ApplicationBuilder.Services.AddHealthChecks().Add(new HealthCheckRegistration(key, check, failureStatus: null, tags: null));
        return service.WithHealthCheck(key);
    }
}

/// <summary>Healthy while the path answers 200 under a certificate of the local authority.</summary>
internal sealed class SecureHealthCheck(EndpointReference endpoint, string path, string authority) : IHealthCheck
{
    private readonly Lazy<HttpClient> client = new(() =>
    {
        var handler = new HttpClientHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            ServerCertificateCustomValidationCallback = (_, certificate, _, _) => IsOurs(certificate, authority),
        };
        return new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(5) };
    });

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        using var answer = await client.Value.GetAsync(new Uri(endpoint.Url + path), cancellationToken);
        return answer.IsSuccessStatusCode
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy($"{endpoint.Url}{path} answered {(int)answer.StatusCode}");
    }

    private static bool IsOurs(X509Certificate2? certificate, string authority)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.ImportFromPemFile(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return certificate is not null && chain.Build(certificate) && certificate.MatchesHostname("localhost");
    }
}
