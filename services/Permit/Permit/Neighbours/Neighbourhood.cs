using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using HealthDataNode.Permit.Domain;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ServiceDefaults.Identity;
using Microsoft.Extensions.Http.Resilience;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace HealthDataNode.Permit.Neighbours;

/// <summary>
/// What Catalogue and SpeRegistry say of what an application names, and what list Pseudonymisation keeps of a decision.
/// The first two answer these questions to anybody, so no token is sent to them.
/// </summary>
public sealed class Neighbourhood(IHttpClientFactory clients, TrustStore trust)
{
    private const string Pseudonymisation = "pseudonymisation";

    // A neighbour may add members; Permit reads what it needs.
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Registers the clients.</summary>
    public static void Add(WebApplicationBuilder builder)
    {
        builder.Services.AddScoped<Neighbourhood>();
        foreach (var service in new[] { "catalogue", "speregistry" })
        {
            builder
                .Services.AddHttpClient(service, http => http.BaseAddress = new Uri($"http://{service}"))
                .AddServiceDiscovery()
                .AddStandardResilienceHandler(Hurry);
        }
        builder.AddServiceClient(Pseudonymisation);
    }

    /// <summary>Asks for everything that the application names.</summary>
    /// <exception cref="NeighbourAwayException">One of them does not answer.</exception>
    public async Task<Surroundings> AskAsync(ApplicationContent content, CancellationToken cancellationToken)
    {
        var names = (content.Sources ?? []).Select(source => source.Source).Where(Completeness.IsName).Distinct().Take(20);
        var descriptions = new Dictionary<string, SourceDescription?>();
        foreach (var name in names)
        {
            var found = await GetAsync<Description>("catalogue", $"v1/descriptions/{name}", cancellationToken);
            descriptions[name!] = found is null
                ? null
                : new SourceDescription(
                    found.Holder,
                    [.. found.Variables.Select(v => new DescribedColumn(v.Name, v.Datatype, v.MaxLength))]
                );
        }
        return new Surroundings(descriptions, await EnvironmentAsync(content.Spe?.Party, cancellationToken));
    }

    /// <summary>Asks for one SPE; null where there is none.</summary>
    /// <exception cref="NeighbourAwayException">The registry does not answer.</exception>
    public async Task<EnvironmentFacts?> EnvironmentAsync(string? party, CancellationToken cancellationToken)
    {
        if (!Completeness.IsParty(party))
        {
            return null;
        }
        var found = await GetAsync<Environment>("speregistry", $"v1/environments/{party}", cancellationToken);
        if (found is null || found.Party != party)
        {
            return null;
        }
        // The registry's word is not enough: a key counts only if the node's root has stated it.
        var stated = trust.NewestOf(party, KeyUses.Spe);
        return new EnvironmentFacts(
            found.Party,
            found.Status,
            found.ApprovedUntil,
            found.SigningKey,
            stated is not null
                && stated.Thumbprint == found.SigningKey?.Thumbprint
                && stated.Statement.Sequence == found.SigningKey.Sequence
        );
    }

    /// <summary>
    /// The opt-out list as it stands now, at an attempt to decide. By the same name the same answer comes again, so that a call
    /// that is repeated on the way takes one list; each attempt has a name of its own, so that none decides on an older list.
    /// </summary>
    /// <param name="attempt">A new name, of nothing else.</param>
    /// <param name="cancellationToken">Of the request.</param>
    /// <exception cref="NeighbourAwayException">Pseudonymisation does not answer.</exception>
    public async Task<PermitOptOut> OptOutListAsync(Guid attempt, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await clients
                .CreateClient(Pseudonymisation)
                .PostAsJsonAsync(new Uri("v1/opt-out-lists", UriKind.Relative), new { decision = attempt }, Json, cancellationToken);
            response.EnsureSuccessStatusCode();
            return await response.Content.ReadFromJsonAsync<PermitOptOut>(Json, cancellationToken)
                ?? throw new JsonException("Nothing was answered.");
        }
        catch (Exception exception) when (IsAway(exception))
        {
            throw new NeighbourAwayException(Pseudonymisation, exception);
        }
    }

    private static bool IsAway(Exception exception) =>
        exception is HttpRequestException or TimeoutRejectedException or BrokenCircuitException or JsonException;

    private async Task<T?> GetAsync<T>(string service, string path, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            using var response = await clients.CreateClient(service).GetAsync(new Uri(path, UriKind.Relative), cancellationToken);
            if (response.StatusCode == HttpStatusCode.NotFound)
            {
                return null;
            }
            response.EnsureSuccessStatusCode();
            return await response.Content.ReadFromJsonAsync<T>(Json, cancellationToken);
        }
        catch (Exception exception) when (IsAway(exception))
        {
            throw new NeighbourAwayException(service, exception);
        }
    }

    // A person waits for the answer; better "try again" after seconds than after half a minute.
    private static void Hurry(HttpStandardResilienceOptions options)
    {
        options.AttemptTimeout.Timeout = TimeSpan.FromSeconds(3);
        options.TotalRequestTimeout.Timeout = TimeSpan.FromSeconds(8);
        options.Retry.MaxRetryAttempts = 2;
        options.Retry.Delay = TimeSpan.FromMilliseconds(200);
        options.CircuitBreaker.SamplingDuration = TimeSpan.FromSeconds(10);
    }

    private sealed record Description(string Holder, IReadOnlyList<Variable> Variables);

    private sealed record Variable(string Name, string Datatype, int? MaxLength);

    private sealed record Environment(string Party, string Status, DateTimeOffset? ApprovedUntil, PinnedKey? SigningKey);
}

/// <summary>Another service that must be asked does not answer.</summary>
public sealed class NeighbourAwayException(string service, Exception inner) : Exception($"{service} does not answer.", inner)
{
    /// <summary>Which.</summary>
    public string Service { get; } = service;
}
