using System.Text.Json.Nodes;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;

namespace HealthDataNode.Protocol.Oidc;

/// <summary>The assertion by which a client shows its key (RFC 7523, <c>private_key_jwt</c>): for one call only.</summary>
public static class ClientAssertion
{
    /// <summary>The value of <c>client_assertion_type</c>.</summary>
    public const string Type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    private const int LifetimeSeconds = 60;

    /// <summary>Makes an assertion: audience is the issuer, 60 s, a fresh <c>jti</c>.</summary>
    /// <param name="key">The client's key.</param>
    /// <param name="clientId">The client id.</param>
    /// <param name="issuer">The issuer.</param>
    /// <param name="now">The time.</param>
    public static string Create(SigningKey key, string clientId, string issuer, DateTimeOffset now)
    {
        var seconds = now.ToUnixTimeSeconds();
        var claims = new JsonObject
        {
            ["iss"] = clientId,
            ["sub"] = clientId,
            ["aud"] = issuer,
            ["jti"] = Guid.NewGuid().ToString("n"),
            ["iat"] = seconds,
            ["exp"] = seconds + LifetimeSeconds,
        };

        // No kid: the issuer knows one key of each client, and Keycloak and OpenIddict name it differently.
        var header = """{"alg":"ES256","typ":"client-authentication+jwt"}"""u8;
        var input = Base64UrlText.Encode(header) + "." + Base64UrlText.Encode(System.Text.Encoding.UTF8.GetBytes(claims.ToJsonString()));
        return input + "." + Base64UrlText.Encode(key.SignData(System.Text.Encoding.ASCII.GetBytes(input)));
    }
}
