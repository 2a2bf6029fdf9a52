using System.Security.Claims;
using HealthDataNode.DevelopmentIssuer.Realm;
using HealthDataNode.DevelopmentIssuer.Sessions;
using HealthDataNode.DevelopmentIssuer.Tokens;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace HealthDataNode.DevelopmentIssuer.Features;

/// <summary>The token endpoint. OpenIddict has checked client, code and refresh token; what is left is the session.</summary>
internal static class IssueTokens
{
    public static void Map(IEndpointRouteBuilder endpoints) => endpoints.MapPost(IssuerPaths.Token, Handle);

    private static async Task<IResult> Handle(HttpContext context, LoadedRealm realm, SessionStore sessions)
    {
        var request = context.GetOpenIddictServerRequest()!;
        if (request.IsClientCredentialsGrantType())
        {
            return SignIn(ForMachine(realm.ServiceAccounts[request.ClientId!], request));
        }

        var granted = await context.AuthenticateAsync(OpenIddictServerAspNetCoreDefaults.AuthenticationScheme);
        var principal = granted.Principal!;
        var session = await sessions.FindLiveAsync(principal.GetClaim(MapClaims.SessionId), context.RequestAborted);
        return session is null ? Authorize.Refuse(Errors.InvalidGrant, "The session has ended: sign in again.") : SignIn(principal);
    }

    private static ClaimsPrincipal ForMachine(RealmUser account, OpenIddictRequest request)
    {
        var identity = new ClaimsIdentity("OpenIddict", Claims.Name, Claims.Role);
        identity.SetClaim(Claims.Subject, account.Id);
        identity.SetScopes(request.GetScopes());
        return new ClaimsPrincipal(identity);
    }

    private static IResult SignIn(ClaimsPrincipal principal) =>
        Results.SignIn(principal, authenticationScheme: OpenIddictServerAspNetCoreDefaults.AuthenticationScheme);
}
