using Microsoft.Net.Http.Headers;
using Scalar.AspNetCore;

namespace HealthDataNode.Edge;

/// <summary>Headers of every answer, whichever service it came from.</summary>
internal static class SecurityHeaders
{
    private const string Always = "base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'";

    public static Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy = Sources(context) + "; " + Always;
            headers.StrictTransportSecurity = "max-age=31536000";
            headers.XContentTypeOptions = "nosniff";
            headers.XFrameOptions = "DENY";
            headers["Referrer-Policy"] = "no-referrer";
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
            headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
            headers.Remove(HeaderNames.Server);
            return Task.CompletedTask;
        });
        return next(context);
    }

    // The API reference's program writes its own styles and draws its icons as data; nothing of it comes from, or goes
    // to, another host.
    private static string Sources(HttpContext context) =>
        context.Items[ScalarOptions.NonceHttpContextItemKey] is string nonce
            ? $"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
                + "img-src 'self' data:; font-src 'self' data:; connect-src 'self'"
            : "default-src 'self'";

    /// <summary>
    /// A sign-in always begins a session of its own: with an old cookie the handler would go on with that key, which
    /// somebody else may have put there.
    /// </summary>
    public static Task ForgetSessionAtCallback(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path.StartsWithSegments("/signin-oidc"))
        {
            var session = context.RequestServices.GetRequiredService<SessionCookie>().Name;
            var kept = context
                .Request.Headers.Cookie.SelectMany(header => header!.Split(';', StringSplitOptions.TrimEntries))
                .Where(cookie => !cookie.StartsWith(session + "=", StringComparison.Ordinal));
            context.Request.Headers.Cookie = string.Join("; ", kept);
        }

        return next(context);
    }
}
