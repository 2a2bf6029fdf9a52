using System.Text.Json;
using Microsoft.AspNetCore.Authentication;

namespace HealthDataNode.Edge.Sessions;

/// <summary>What the Edge holds for a person and the browser never sees.</summary>
internal sealed record SessionTokens
{
    public required string RefreshToken { get; init; }
    public required string IdToken { get; init; }

    /// <summary>One access token per API, until it ends.</summary>
    public Dictionary<string, CachedAccessToken> Access { get; init; } = [];

    // Never a token in a log.
    public override string ToString() => "***";

    public byte[] Serialize() => JsonSerializer.SerializeToUtf8Bytes(this);

    public static SessionTokens Deserialize(byte[] json) => JsonSerializer.Deserialize<SessionTokens>(json)!;

    /// <summary>Takes the tokens out of a fresh ticket. The first access token is for every API at once: forgotten.</summary>
    public static SessionTokens TakeFrom(AuthenticationProperties properties)
    {
        var tokens = new SessionTokens
        {
            RefreshToken = properties.GetTokenValue("refresh_token") ?? "",
            IdToken = properties.GetTokenValue("id_token") ?? "",
        };
        properties.StoreTokens([]);
        return tokens;
    }
}

/// <summary>An access token for one API.</summary>
internal sealed record CachedAccessToken(string Token, DateTimeOffset ExpiresAt)
{
    public override string ToString() => "***";
}
