using System.Text.Json.Nodes;
using HealthDataNode.DevelopmentIssuer.Realm;
using HealthDataNode.DevelopmentIssuer.Tokens;
using Microsoft.AspNetCore.Authentication;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace HealthDataNode.DevelopmentIssuer.Features;

/// <summary>The userinfo endpoint (OpenID Connect Core §5.3).</summary>
internal static class UserInfo
{
    public static void Map(IEndpointRouteBuilder endpoints) =>
        endpoints.MapMethods(IssuerPaths.UserInfo, [HttpMethods.Get, HttpMethods.Post], Handle);

    private static async Task<IResult> Handle(HttpContext context, LoadedRealm realm, MapClaims mapping)
    {
        var token = await context.AuthenticateAsync(OpenIddictServerAspNetCoreDefaults.AuthenticationScheme);
        var subject = token.Principal?.GetClaim(Claims.Subject);
        if (
            subject is null
            || !realm.UsersById.TryGetValue(subject, out var user)
            || !realm.Clients.TryGetValue(token.Principal!.GetClaim(Claims.ClientId) ?? "", out var client)
        )
        {
            return Authorize.Refuse(Errors.InvalidToken, "The token names nobody of this realm.");
        }

        var claims = mapping.Evaluate(client, user, token.Principal!.GetScopes(), null, ClaimTarget.UserInfo);
        claims["sub"] = subject;
        return Results.Json<JsonNode>(claims);
    }
}
