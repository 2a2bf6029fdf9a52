using HealthDataNode.Edge.Sessions;
using HealthDataNode.ServiceDefaults;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace HealthDataNode.Edge.Proxy;

/// <summary>
/// Decides at each proxied request whose it is. A machine's token must be for the API it calls; a person's session
/// gets an access token for that API; nobody at all may only read. The service decides again.
/// </summary>
internal static class Guard
{
    /// <summary>Where the access token of a session is, for <see cref="Transforms"/>.</summary>
    public static readonly object AccessToken = new();

    public static async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (await RefuseAsync(context) is { } refusal)
        {
            await refusal.ExecuteAsync(context);
            return;
        }

        await next(context);
        if (context.Features.Get<IForwarderErrorFeature>() is not null && !context.Response.HasStarted)
        {
            await Unavailable(context.Response.StatusCode).ExecuteAsync(context);
        }
    }

    private static async Task<ProblemHttpResult?> RefuseAsync(HttpContext context)
    {
        var route = context.GetReverseProxyFeature().Route.Config;
        if (context.Request.ContentLength > (route.MaxRequestBodySize ?? ServiceDefaultsExtensions.MaxRequestBytes))
        {
            // Lets Kestrel read on what is already under way, so that the caller gets this answer and no broken line.
            var limit = context.Features.Get<IHttpMaxRequestBodySizeFeature>();
            if (limit is { IsReadOnly: false } && context.Request.ContentLength <= Routes.PartBytes)
            {
                limit.MaxRequestBodySize = context.Request.ContentLength;
            }

            return Unavailable(StatusCodes.Status413PayloadTooLarge);
        }

        var metadata = route.Metadata!;
        var service = metadata[Routes.Service];
        var reads = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
        if (context.Request.Headers.ContainsKey(HeaderNames.Authorization))
        {
            return context.User.Identity?.IsAuthenticated == true && context.User.HasClaim("aud", service)
                ? null
                : Unauthenticated(context, $"Send an access token for the API '{service}' that has not expired.");
        }

        var session = await context.AuthenticateAsync(EdgeSchemes.Session);
        if (!session.Succeeded)
        {
            return reads && metadata[Routes.OpenReads] == "true"
                ? null
                : Unauthenticated(context, $"Sign in, or send an access token for the API '{service}'.");
        }

        return !reads && !Csrf.IsValid(context, session.Properties)
            ? Csrf.Refuse()
            : await TakeTokenAsync(context, session.Properties, service);
    }

    private static async Task<ProblemHttpResult?> TakeTokenAsync(HttpContext context, AuthenticationProperties session, string service)
    {
        var tokens = context.RequestServices.GetRequiredService<AccessTokens>();
        try
        {
            var key = session.Items[SessionStore.KeyProperty]!;
            context.Items[AccessToken] = await tokens.GetAsync(key, service, context.RequestAborted);
        }
        catch (Exception error) when (IssuerClient.IsUnreachable(error))
        {
            return IssuerClient.Unavailable();
        }

        return context.Items[AccessToken] is null ? Unauthenticated(context, "The session has ended: sign in again.") : null;
    }

    private static ProblemHttpResult Unauthenticated(HttpContext context, string detail)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return Problem.Of(StatusCodes.Status401Unauthorized, "unauthenticated", "Not signed in", detail);
    }

    private static ProblemHttpResult Unavailable(int status) =>
        status is StatusCodes.Status413PayloadTooLarge
            ? Problem.Of(status, "too-large", "The body is too large", "Send a smaller body.")
            : Problem.Of(
                Math.Max(status, StatusCodes.Status502BadGateway),
                "service-unavailable",
                "The service does not answer",
                "Whether it did anything is not known. Repeat what is safe to repeat."
            );
}
