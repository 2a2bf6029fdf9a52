using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using HealthDataNode.DevelopmentIssuer.Pages;
using HealthDataNode.DevelopmentIssuer.Realm;
using HealthDataNode.DevelopmentIssuer.Sessions;
using HealthDataNode.DevelopmentIssuer.Tokens;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using OpenIddict.Abstractions;

namespace HealthDataNode.DevelopmentIssuer.Features;

/// <summary>The form by which a person signs in: fields <c>username</c> and <c>password</c>.</summary>
internal static class SignInForm
{
    public const string Scheme = "issuer";

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet(IssuerPaths.SignIn, Show);
        endpoints.MapPost(IssuerPaths.SignIn, Submit).RequireRateLimiting(nameof(SignInForm));
    }

    private static IResult Show(HttpContext context, IAntiforgery antiforgery, LoadedRealm realm) =>
        Form(context, antiforgery, realm, refused: null, StatusCodes.Status200OK);

    private static async Task<IResult> Submit(
        HttpContext context,
        IAntiforgery antiforgery,
        LoadedRealm realm,
        FailedSignIns failures,
        SessionStore sessions
    )
    {
        if (!await antiforgery.IsRequestValidAsync(context))
        {
            var expired = new Text("Skjemaet er utløpt. Prøv igjen.", "The form has expired. Try again.");
            return Form(context, antiforgery, realm, expired, StatusCodes.Status400BadRequest);
        }

        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        var (username, password) = (form["username"].ToString(), form["password"].ToString());
        if (failures.TooMany(username))
        {
            var wait = new Text("For mange forsøk. Vent ett minutt.", "Too many attempts. Wait a minute.");
            return Form(context, antiforgery, realm, wait, StatusCodes.Status429TooManyRequests);
        }

        if (Find(realm, username, password) is not { } person)
        {
            failures.Count(username);
            var wrong = new Text("Feil brukernavn eller passord.", "Wrong user name or password.");
            return Form(context, antiforgery, realm, wrong, StatusCodes.Status401Unauthorized);
        }

        var session = await sessions.StartAsync(person, context.RequestAborted);
        var identity = new ClaimsIdentity(Scheme);
        identity.SetClaim(MapClaims.SessionId, session.Id.ToString());
        await context.SignInAsync(Scheme, new ClaimsPrincipal(identity));
        return Results.LocalRedirect(ReturnUrl(context) ?? IssuerPaths.SignIn);
    }

    private static RealmUser? Find(LoadedRealm realm, string username, string password)
    {
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(password));
        return
            realm.PeopleByName.TryGetValue(username, out var person)
            && person is { Enabled: true, PasswordDigest: { } expected }
            && CryptographicOperations.FixedTimeEquals(digest, expected)
            ? person
            : null;
    }

    // Back to the authorization endpoint and nowhere else.
    private static string? ReturnUrl(HttpContext context)
    {
        var url = context.Request.Query[IssuerPaths.ReturnUrlParameter].ToString();
        return url.StartsWith(IssuerPaths.Authorization + "?", StringComparison.Ordinal) ? url : null;
    }

    private static IResult Form(HttpContext context, IAntiforgery antiforgery, LoadedRealm realm, Text? refused, int status)
    {
        var page = new Page(context, realm);
        var tokens = antiforgery.GetAndStoreTokens(context);
        return page.Show(
            new Text("Logg inn", "Sign in"),
            $"""
            {(refused is null ? "" : $"<p role=\"alert\">{page.In(refused)}</p>")}
            {(ReturnUrl(context) is null ? $"<p>{page.In(NoApplication)}</p>" : "")}
            <form method="post" action="{Page.Encode(context.Request.Path + context.Request.QueryString)}">
              <input type="hidden" name="{tokens.FormFieldName}" value="{Page.Encode(tokens.RequestToken!)}">
              <p><label for="username">{page.In(new Text("Brukernavn", "User name"))}</label>
                <input id="username" name="username" autocomplete="username" required autofocus></p>
              <p><label for="password">{page.In(new Text("Passord", "Password"))}</label>
                <input id="password" name="password" type="password" autocomplete="current-password" required></p>
              <p><button type="submit">{page.In(new Text("Logg inn", "Sign in"))}</button></p>
            </form>
            """,
            status
        );
    }

    private static readonly Text NoApplication = new(
        "Start fra tjenesten du vil bruke: denne siden ble ikke åpnet av noen.",
        "Start from the service you want to use: nothing has opened this page."
    );
}
