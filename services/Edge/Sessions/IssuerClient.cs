using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using HealthDataNode.Protocol.Oidc;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace HealthDataNode.Edge.Sessions;

/// <summary>The Edge's own calls to the issuer, each with a fresh assertion of the Edge's key.</summary>
internal sealed class IssuerClient(
    IOptionsMonitor<OpenIdConnectOptions> options,
    IOptions<KeycloakOptions> keycloak,
    SigningKey key,
    TimeProvider time
)
{
    public const string ClientId = "edge";

    private OpenIdConnectOptions Options => options.Get(EdgeSchemes.Issuer);

    public string Assertion() => ClientAssertion.Create(key, ClientId, keycloak.Value.Issuer, time.GetUtcNow());

    /// <summary>
    /// A new access token for one API. Null: the issuer holds the session for ended.
    /// </summary>
    /// <exception cref="HttpRequestException">The issuer cannot be reached or does not answer as it should.</exception>
    public async Task<SessionTokens?> RefreshAsync(SessionTokens tokens, string api, CancellationToken cancellation)
    {
        var configuration = await ConfigurationAsync(cancellation);
        using var response = await PostAsync(
            configuration.TokenEndpoint,
            new()
            {
                ["grant_type"] = "refresh_token",
                ["refresh_token"] = tokens.RefreshToken,
                ["scope"] = $"openid basic roles {api}",
            },
            cancellation
        );
        if (response.StatusCode is HttpStatusCode.BadRequest)
        {
            var refusal = await response.Content.ReadFromJsonAsync<JsonElement>(cancellation);
            if (refusal.TryGetProperty("error", out var error) && error.GetString() == "invalid_grant")
            {
                return null;
            }
        }

        response.EnsureSuccessStatusCode();
        var body = await response.Content.ReadFromJsonAsync<JsonElement>(cancellation);
        var expires = time.GetUtcNow().AddSeconds(body.GetProperty("expires_in").GetInt32());
        return tokens with
        {
            RefreshToken = Text(body, "refresh_token") ?? tokens.RefreshToken,
            IdToken = Text(body, "id_token") ?? tokens.IdToken,
            Access = new(tokens.Access) { [api] = new CachedAccessToken(Text(body, "access_token")!, expires) },
        };
    }

    /// <summary>Ends the person's session at the issuer: the refresh token and what else was granted under it.</summary>
    public async Task EndSessionAsync(SessionTokens tokens, CancellationToken cancellation)
    {
        var configuration = await ConfigurationAsync(cancellation);
        var revocation = configuration.AdditionalData.TryGetValue("revocation_endpoint", out var endpoint) ? endpoint.ToString() : null;
        if (revocation is not null)
        {
            using var revoked = await PostAsync(
                revocation,
                new() { ["token"] = tokens.RefreshToken, ["token_type_hint"] = "refresh_token" },
                cancellation
            );
        }

        using var form = new FormUrlEncodedContent([new("id_token_hint", tokens.IdToken), new("client_id", ClientId)]);
        using var ended = await Options.Backchannel.PostAsync(configuration.EndSessionEndpoint, form, cancellation);
    }

    /// <summary>Whether a call failed because the issuer is away, and may be repeated.</summary>
    public static bool IsUnreachable(Exception? error) =>
        error is HttpRequestException or IOException or OperationCanceledException
        || error?.Message.Contains("IDX20803", StringComparison.Ordinal) == true
        || (error is not null && IsUnreachable(error.InnerException));

    public static ProblemHttpResult Unavailable() =>
        Problem.Of(
            StatusCodes.Status503ServiceUnavailable,
            "issuer-unavailable",
            "The identity provider does not answer",
            "Nothing was done. Try again in a moment."
        );

    private async Task<HttpResponseMessage> PostAsync(string endpoint, Dictionary<string, string> form, CancellationToken cancellation)
    {
        form["client_id"] = ClientId;
        form["client_assertion_type"] = ClientAssertion.Type;
        form["client_assertion"] = Assertion();
        using var content = new FormUrlEncodedContent(form);
        return await Options.Backchannel.PostAsync(endpoint, content, cancellation);
    }

    private Task<OpenIdConnectConfiguration> ConfigurationAsync(CancellationToken cancellation) =>
        Options.ConfigurationManager!.GetConfigurationAsync(cancellation);

    private static string? Text(JsonElement body, string name) => body.TryGetProperty(name, out var value) ? value.GetString() : null;
}
