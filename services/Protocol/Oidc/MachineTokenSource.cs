using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using HealthDataNode.Protocol.Trust;

namespace HealthDataNode.Protocol.Oidc;

/// <summary>Access tokens of a machine by client credentials with <c>private_key_jwt</c>, one cached per scope
/// until 30 s before its end; callers at the same time share one request.</summary>
/// <param name="http">A plain client for the issuer; nothing is retried here.</param>
/// <param name="identity">Who the machine is.</param>
/// <param name="time">The clock.</param>
public sealed class MachineTokenSource(HttpClient http, MachineIdentity identity, TimeProvider? time = null) : IDisposable
{
    private static readonly TimeSpan RenewBefore = TimeSpan.FromSeconds(30);
    private readonly TimeProvider time = time ?? TimeProvider.System;
    private readonly ConcurrentDictionary<string, Slot> slots = new(StringComparer.Ordinal);
    private readonly Lazy<SigningKey> key = new(() => SigningKey.Load(identity.KeyFile));
    private volatile Uri? tokenEndpoint;

    /// <summary>A token for a scope.</summary>
    /// <param name="scope">The scope, which is the name of the API.</param>
    /// <param name="cancel">Stops waiting.</param>
    /// <exception cref="HttpRequestException">The issuer cannot be reached, or refuses.</exception>
    public async ValueTask<string> TokenAsync(string scope, CancellationToken cancel = default)
    {
        var slot = slots.GetOrAdd(scope, _ => new Slot());
        if (slot.Current is { } cached && time.GetUtcNow() < cached.RenewAt)
        {
            return cached.Token;
        }

        await slot.Gate.WaitAsync(cancel);
        try
        {
            if (slot.Current is { } meanwhile && time.GetUtcNow() < meanwhile.RenewAt)
            {
                return meanwhile.Token;
            }

            var fetched = await FetchAsync(scope, cancel);
            slot.Current = fetched;
            return fetched.Token;
        }
        finally
        {
            slot.Gate.Release();
        }
    }

    /// <summary>Forgets a token that an API has refused, unless a newer one is there already.</summary>
    /// <param name="scope">The scope.</param>
    /// <param name="token">The token that was refused.</param>
    public void Forget(string scope, string token)
    {
        if (slots.TryGetValue(scope, out var slot) && slot.Current is { } current && current.Token == token)
        {
            slot.Current = null;
        }
    }

    /// <summary>Never the key.</summary>
    public override string ToString() => identity.ClientId;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (key.IsValueCreated)
        {
            key.Value.Dispose();
        }

        foreach (var slot in slots.Values)
        {
            slot.Gate.Dispose();
        }
    }

    private async Task<CachedToken> FetchAsync(string scope, CancellationToken cancel)
    {
        var endpoint = tokenEndpoint ??= await DiscoverAsync(cancel);
        var asked = time.GetUtcNow();
        using var form = new FormUrlEncodedContent(
            new Dictionary<string, string>
            {
                ["grant_type"] = "client_credentials",
                ["scope"] = scope,
                ["client_id"] = identity.ClientId,
                ["client_assertion_type"] = ClientAssertion.Type,
                ["client_assertion"] = ClientAssertion.Create(key.Value, identity.ClientId, identity.Issuer, asked),
            }
        );
        using var response = await http.PostAsync(endpoint, form, cancel);
        if (!response.IsSuccessStatusCode)
        {
            var error = await ErrorOf(response, cancel);
            throw new HttpRequestException(
                $"The issuer refused {identity.ClientId} a token for {scope}: {(int)response.StatusCode} {error}.",
                null,
                response.StatusCode
            );
        }

        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(cancel);
        return
            answer.ValueKind == JsonValueKind.Object
            && answer.TryGetProperty("access_token", out var token)
            && token.GetString() is { Length: > 0 } text
            && answer.TryGetProperty("expires_in", out var expires)
            && expires.TryGetInt64(out var seconds)
            ? new CachedToken(text, asked.AddSeconds(seconds) - RenewBefore)
            : throw new HttpRequestException("The issuer's answer holds no access token.");
    }

    private async Task<Uri> DiscoverAsync(CancellationToken cancel)
    {
        var address = identity.Issuer.TrimEnd('/') + "/.well-known/openid-configuration";
        var document = await http.GetFromJsonAsync<JsonElement>(address, cancel);

        // OpenID Connect Discovery 4.3: the issuer in the document is the one that was asked.
        return
            document.TryGetProperty("issuer", out var issuer)
            && issuer.GetString() == identity.Issuer
            && document.TryGetProperty("token_endpoint", out var endpoint)
            && Uri.TryCreate(endpoint.GetString(), UriKind.Absolute, out var uri)
            ? uri
            : throw new HttpRequestException($"The document at {address} is not that of issuer {identity.Issuer}.");
    }

    private static async Task<string> ErrorOf(HttpResponseMessage response, CancellationToken cancel)
    {
        try
        {
            var answer = await response.Content.ReadFromJsonAsync<JsonElement>(cancel);
            return answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("error", out var error) ? error.ToString() : "";
        }
        catch (JsonException)
        {
            return "";
        }
    }

    private sealed record CachedToken(string Token, DateTimeOffset RenewAt);

    private sealed class Slot
    {
        private volatile CachedToken? current;

        public SemaphoreSlim Gate { get; } = new(1, 1);

        public CachedToken? Current
        {
            get => current;
            set => current = value;
        }
    }
}
