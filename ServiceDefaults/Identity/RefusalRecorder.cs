using HealthDataNode.ServiceDefaults.Messaging;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Routing;

namespace HealthDataNode.ServiceDefaults.Identity;

/// <summary>
/// What a signed-in caller was refused becomes an audit entry; what an anonymous caller does stays a metric
/// (otherwise anybody could fill the log).
/// </summary>
internal sealed class RefusalRecorder(RequestDelegate next, ServiceName service, TimeProvider time)
{
    public async Task InvokeAsync(HttpContext context)
    {
        await next(context);
        var status = context.Response.StatusCode;
        if (status is < 400 or >= 500 || context.User.Identity?.IsAuthenticated != true)
        {
            return;
        }
        if (context.GetEndpoint() is not RouteEndpoint endpoint || context.RequestServices.GetService<IOutboxWriter>() is not { } outbox)
        {
            return;
        }
        var refused = new CallRefused(
            context.User.Sub(),
            $"{context.Request.Method} {endpoint.RoutePattern.RawText}",
            status,
            context.ProblemType() ?? "unnamed",
            time.GetUtcNow()
        );
        await outbox.WriteAsync($"{service.Value}.call-refused", refused, CancellationToken.None);
    }
}

/// <summary>A signed-in caller was refused. The operation is the route's pattern, so no value of the call is in it.</summary>
/// <param name="Sub">The caller's opaque id.</param>
/// <param name="Operation">Method and route pattern.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Problem">Problem type, kebab-case.</param>
/// <param name="At">When, UTC.</param>
public sealed record CallRefused(string Sub, string Operation, int Status, string Problem, DateTimeOffset At);
