using System.Security.Claims;
using HealthDataNode.DevelopmentIssuer.Sessions;
using HealthDataNode.DevelopmentIssuer.Tokens;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace HealthDataNode.DevelopmentIssuer.Features;

/// <summary>The authorization endpoint: a code for who is signed in here, the form for who is not.</summary>
internal static class Authorize
{
    // The form leads back to the same pushed request: a sign-in this fresh was made for it.
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    public static void Map(IEndpointRouteBuilder endpoints) =>
        endpoints.MapMethods(IssuerPaths.Authorization, [HttpMethods.Get, HttpMethods.Post], Handle);

    private static async Task<IResult> Handle(
        HttpContext context,
        SessionStore sessions,
        IOpenIddictApplicationManager applications,
        IOpenIddictAuthorizationManager authorizations,
        TimeProvider time
    )
    {
        var cancellation = context.RequestAborted;
        var request = context.GetOpenIddictServerRequest()!;
        var cookie = await context.AuthenticateAsync(SignInForm.Scheme);
        var session = await sessions.FindLiveAsync(cookie.Principal?.GetClaim(MapClaims.SessionId), cancellation);
        if (session is null || TooOld(request, time.GetUtcNow() - session.StartedAt))
        {
            return request.HasPromptValue(PromptValues.None)
                ? Refuse(Errors.LoginRequired, "Nobody is signed in.")
                : Results.Challenge(
                    new AuthenticationProperties { RedirectUri = context.Request.Path + context.Request.QueryString },
                    [SignInForm.Scheme]
                );
        }

        var application = (await applications.FindByClientIdAsync(request.ClientId!, cancellation))!;
        var identity = new ClaimsIdentity("OpenIddict", Claims.Name, Claims.Role);
        identity.SetClaim(Claims.Subject, session.Subject);
        identity.SetClaim(Claims.AuthenticationTime, session.StartedAt.ToUnixTimeSeconds());
        identity.SetClaim(MapClaims.SessionId, session.Id.ToString());
        identity.SetScopes(request.GetScopes());
        var authorization = await authorizations.CreateAsync(
            identity,
            session.Subject,
            (await applications.GetIdAsync(application, cancellation))!,
            AuthorizationTypes.AdHoc,
            identity.GetScopes(),
            cancellation
        );
        var id = (await authorizations.GetIdAsync(authorization, cancellation))!;
        await sessions.LinkAsync(session, id, cancellation);
        identity.SetAuthorizationId(id);
        return Results.SignIn(new ClaimsPrincipal(identity), authenticationScheme: OpenIddictServerAspNetCoreDefaults.AuthenticationScheme);
    }

    private static bool TooOld(OpenIddictRequest request, TimeSpan age) =>
        (request.HasPromptValue(PromptValues.Login) && age > Fresh)
        || (request.MaxAge is { } maximum && age > TimeSpan.FromSeconds(maximum) && age > Fresh);

    internal static IResult Refuse(string error, string description) =>
        Results.Forbid(
            new AuthenticationProperties(
                new Dictionary<string, string?>
                {
                    [OpenIddictServerAspNetCoreConstants.Properties.Error] = error,
                    [OpenIddictServerAspNetCoreConstants.Properties.ErrorDescription] = description,
                }
            ),
            [OpenIddictServerAspNetCoreDefaults.AuthenticationScheme]
        );
}
