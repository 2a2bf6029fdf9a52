using System.Collections.Concurrent;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Leases;
using HealthDataNode.Protocol.Oidc;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Trust;
using Microsoft.Extensions.Http.Resilience;

namespace HealthDataNode.ServiceDefaults.Identity;

/// <summary>The leases that a service of the node holds: one book and one call a second for each owner.</summary>
public static class LeaseExtensions
{
    /// <summary>How long an answer is good, <c>Leases:Seconds</c>: at most, where it is received; and as SpeRegistry's policy,
    /// where it is given (Permit's is its policy profile's).</summary>
    public static TimeSpan LeaseTime(this IConfiguration configuration) =>
        TimeSpan.FromSeconds(configuration.GetValue("Leases:Seconds", LeaseBook.Usual.TotalSeconds));

    /// <summary>Leases of permits, and the newest version of each where a lease tells of one.</summary>
    public static void AddPermitLeases(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(services => new PermitLeases(
            services.GetRequiredService<ServiceName>().Value,
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<IConfiguration>().LeaseTime()
        ));
        builder.Services.AddSingleton<ILeaseSource<PermitLeases>>(services => new PermitLeaseSource(
            ClientOf(services, "permit"),
            "/v1/state-checks",
            services.GetRequiredService<TrustStore>()
        ));
        builder.Services.AddHostedService<LeaseRenewal<PermitLeases>>();
        builder.Services.AddSingleton<NewestPermits>();
        builder.AddLeaseClient("permit");
    }

    /// <summary>Leases of SPEs.</summary>
    public static void AddSpeLeases(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(services => new SpeLeases(
            services.GetRequiredService<ServiceName>().Value,
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<IConfiguration>().LeaseTime()
        ));
        builder.Services.AddSingleton<ILeaseSource<SpeLeases>>(services => new SpeLeaseSource(
            ClientOf(services, "speregistry"),
            "/v1/status-checks",
            services.GetRequiredService<TrustStore>()
        ));
        builder.Services.AddHostedService<LeaseRenewal<SpeLeases>>();
        builder.AddLeaseClient("speregistry");
    }

    // Without retries and circuit breaker: a lease is asked for anew every second anyway, with a nonce of its own.
    private static void AddLeaseClient(this WebApplicationBuilder builder, string owner)
    {
        builder.AddMachineTokens();
        builder
            .Services.AddHttpClient(NameOf(owner), http => http.BaseAddress = new Uri($"http://{owner}"))
            .AddServiceDiscovery()
            .AddHttpMessageHandler(services => new MachineTokenHandler(services.GetRequiredService<MachineTokenSource>(), owner));
    }

    private static Func<HttpClient> ClientOf(IServiceProvider services, string owner)
    {
        var clients = services.GetRequiredService<IHttpClientFactory>();
        return () => clients.CreateClient(NameOf(owner));
    }

    private static string NameOf(string owner) => $"leases-{owner}";
}

/// <summary>
/// The newest version of each permit that this process has verified. Where a lease names a version that came in no event
/// yet, Permit is asked for its document: what a newer version no longer names must not go on under an older one.
/// </summary>
public sealed class NewestPermits(IHttpClientFactory clients, TrustStore trust)
{
    private readonly ConcurrentDictionary<string, SignedDocument<PermitDocument>> known = new(StringComparer.Ordinal);

    /// <summary>Keeps a verified permit, unless a newer version of it is known.</summary>
    public SignedDocument<PermitDocument> Learn(SignedDocument<PermitDocument> permit) =>
        known.AddOrUpdate(permit.Payload.Lineage, permit, (_, kept) => permit.Payload.Version > kept.Payload.Version ? permit : kept);

    /// <summary>The version that the lease names, or a newer one; null where it cannot be had now, and then nothing goes on.</summary>
    /// <param name="lineage">The lineage.</param>
    /// <param name="lease">A good lease of it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<PermitDocument?> OfAsync(string lineage, Lease lease, CancellationToken cancellationToken)
    {
        if (known.TryGetValue(lineage, out var kept) && Is(kept, lease))
        {
            return kept.Payload;
        }
        try
        {
            using var response = await clients.CreateClient("permit").GetAsync($"/v1/permits/{lineage}/document", cancellationToken);
            await ProtocolProblem.EnsureSuccessAsync(response, cancellationToken);
            var text = (await response.Content.ReadAsStringAsync(cancellationToken)).Trim();
            var permit = trust.Verify<PermitDocument>(text);
            return permit.Payload.Lineage == lineage && Is(permit, lease) ? Learn(permit).Payload : null;
        }
        catch (Exception exception)
            when (exception is HttpRequestException or DocumentRefusedException or ProtocolProblemException
                || exception is OperationCanceledException && !cancellationToken.IsCancellationRequested
                || exception.GetType().Namespace is "Polly.Timeout" or "Polly.CircuitBreaker"
            )
        {
            return null;
        }
    }

    private static bool Is(SignedDocument<PermitDocument> permit, Lease lease) =>
        permit.Payload.Version > lease.Version || permit.Payload.Version == lease.Version && permit.Digest == lease.Digest;
}
