using Microsoft.Net.Http.Headers;

namespace HealthDataNode.ReferenceSpe.Identity;

/// <summary>The session's cookie in this stack.</summary>
/// <param name="Name">Its name.</param>
internal sealed record SessionCookie(string Name)
{
    /// <summary>
    /// A sign-in always begins a session of its own: with an old cookie the handler would go on with that key, which
    /// somebody else may have put there.
    /// </summary>
    public static Task ForgetAtCallback(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path.StartsWithSegments("/signin-oidc"))
        {
            var session = context.RequestServices.GetRequiredService<SessionCookie>().Name;
            var kept = context
                .Request.Headers.Cookie.SelectMany(header => header!.Split(';', StringSplitOptions.TrimEntries))
                .Where(cookie =>
                    !cookie.StartsWith(session, StringComparison.Ordinal) || cookie.StartsWith(session + "-", StringComparison.Ordinal)
                );
            context.Request.Headers[HeaderNames.Cookie] = string.Join("; ", kept);
        }

        return next(context);
    }
}
