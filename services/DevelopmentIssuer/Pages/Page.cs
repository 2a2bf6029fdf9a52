using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using HealthDataNode.DevelopmentIssuer.Realm;

namespace HealthDataNode.DevelopmentIssuer.Pages;

/// <summary>The frame of every page: no script, no other host, and the word that this is not for production.</summary>
internal sealed class Page(HttpContext context, LoadedRealm realm)
{
    private const string Style =
        "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:30rem;margin:3rem auto;padding:0 1rem}"
        + "input,button{font:inherit;padding:.5rem;width:100%;box-sizing:border-box}"
        + "[role=alert]{border-left:.3rem solid #b00020;padding-left:.7rem}"
        + ".warning{background:#ffe9b3;padding:.5rem .7rem}";

    private static readonly string StyleHash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)));

    private static readonly Text Warning = new("Utviklingsutsteder: ikke for produksjon.", "Development issuer: not for production.");

    private readonly bool norwegian = PrefersNorwegian(context);

    public static string Encode(string text) => HtmlEncoder.Default.Encode(text);

    public string In(Text text) => Encode(norwegian ? text.Nb : text.En);

    public IResult Show(Text title, string body, int status = StatusCodes.Status200OK)
    {
        // A browser holds the redirect that follows a form to form-action as well: the clients' own addresses.
        var clients = realm
            .Clients.Values.SelectMany(client => client.RedirectUris.Concat(client.PostLogoutRedirectUris))
            .Select(uri => uri.GetLeftPart(UriPartial.Authority))
            .Distinct();
        context.Response.Headers.ContentSecurityPolicy =
            $"default-src 'none'; style-src 'sha256-{StyleHash}'; form-action 'self' {string.Join(' ', clients)}; "
            + "base-uri 'none'; frame-ancestors 'none'";
        context.Response.Headers.CacheControl = "no-store";
        return Results.Content(
            $"""
            <!doctype html>
            <html lang="{(norwegian ? "nb" : "en")}">
            <head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <title>{In(title)}</title><style>{Style}</style></head>
            <body><main>
            <p class="warning">{Encode(norwegian ? $"{Warning.Nb} {Warning.En}" : Warning.En)}</p>
            <h1>{In(title)}</h1>
            {body}
            </main></body></html>
            """,
            "text/html",
            Encoding.UTF8,
            status
        );
    }

    private static bool PrefersNorwegian(HttpContext context) =>
        context
            .Request.GetTypedHeaders()
            .AcceptLanguage.OrderByDescending(language => language.Quality ?? 1)
            .Select(language => language.Value.ToString().Split('-')[0])
            .FirstOrDefault(language => language is "nb" or "no" or "nn" or "en")
            is "nb"
                or "no"
                or "nn";
}
