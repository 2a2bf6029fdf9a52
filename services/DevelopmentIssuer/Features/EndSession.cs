using HealthDataNode.DevelopmentIssuer.Pages;
using HealthDataNode.DevelopmentIssuer.Realm;
using HealthDataNode.DevelopmentIssuer.Sessions;
using HealthDataNode.DevelopmentIssuer.Tokens;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;

namespace HealthDataNode.DevelopmentIssuer.Features;

/// <summary>
/// The end-session endpoint: ends the session named by the identity token and the one of the cookie, and takes back
/// every grant made under them. Without an identity token it asks first, so that no link can sign a person out.
/// </summary>
internal static class EndSession
{
    public static void Map(IEndpointRouteBuilder endpoints) =>
        endpoints.MapMethods(IssuerPaths.EndSession, [HttpMethods.Get, HttpMethods.Post], Handle);

    private static async Task<IResult> Handle(HttpContext context, IAntiforgery antiforgery, LoadedRealm realm, SessionStore sessions)
    {
        var hint = await context.AuthenticateAsync(OpenIddictServerAspNetCoreDefaults.AuthenticationScheme);
        var cookie = await context.AuthenticateAsync(SignInForm.Scheme);
        var hinted = hint.Principal?.GetClaim(MapClaims.SessionId);
        var confirmed =
            hinted is not null || (HttpMethods.IsPost(context.Request.Method) && await antiforgery.IsRequestValidAsync(context));
        if (!confirmed && cookie.Succeeded)
        {
            return Ask(context, antiforgery, realm);
        }

        await sessions.EndAsync(hinted, context.RequestAborted);
        await sessions.EndAsync(cookie.Principal?.GetClaim(MapClaims.SessionId), context.RequestAborted);
        await context.SignOutAsync(SignInForm.Scheme);
        return Results.SignOut(
            new AuthenticationProperties { RedirectUri = IssuerPaths.SignedOut },
            [OpenIddictServerAspNetCoreDefaults.AuthenticationScheme]
        );
    }

    private static IResult Ask(HttpContext context, IAntiforgery antiforgery, LoadedRealm realm)
    {
        var page = new Page(context, realm);
        var tokens = antiforgery.GetAndStoreTokens(context);
        return page.Show(
            new Text("Logg ut", "Sign out"),
            $"""
            <form method="post" action="{Page.Encode(context.Request.Path + context.Request.QueryString)}">
              <input type="hidden" name="{tokens.FormFieldName}" value="{Page.Encode(tokens.RequestToken!)}">
              <p>{page.In(new Text("Vil du logge ut?", "Do you want to sign out?"))}</p>
              <p><button type="submit">{page.In(new Text("Logg ut", "Sign out"))}</button></p>
            </form>
            """
        );
    }
}
