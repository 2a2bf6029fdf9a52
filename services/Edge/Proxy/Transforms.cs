using System.Net.Http.Headers;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace HealthDataNode.Edge.Proxy;

/// <summary>What changes on the way: the cookie stays here, a session becomes a bearer token.</summary>
internal static class Transforms
{
    public static void Add(TransformBuilderContext builder)
    {
        var service = builder.Route.Metadata![Routes.Service];
        builder.AddRequestHeaderRemove(HeaderNames.Cookie);
        builder.AddRequestHeaderRemove(Csrf.Header);
        builder.AddRequestTransform(context =>
        {
            if (context.HttpContext.Items[Guard.AccessToken] is string token)
            {
                context.ProxyRequest.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            }

            return ValueTask.CompletedTask;
        });

        // A service names its own paths; outside they stand below its name.
        builder.AddResponseTransform(context =>
        {
            var location = context.HttpContext.Response.Headers.Location.ToString();
            if (location.StartsWith("/v1/", StringComparison.Ordinal))
            {
                context.HttpContext.Response.Headers.Location = $"/{service}{location}";
            }

            context.HttpContext.Response.Headers.Remove(HeaderNames.SetCookie);
            return ValueTask.CompletedTask;
        });
    }
}
