using Microsoft.Net.Http.Headers;

namespace HealthDataNode.Edge;

/// <summary>Headers of every answer, whichever service it came from.</summary>
internal static class SecurityHeaders
{
    public static Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers.ContentSecurityPolicy =
                "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'";
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
