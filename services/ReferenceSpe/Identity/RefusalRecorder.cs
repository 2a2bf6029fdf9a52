using HealthDataNode.ReferenceSpe.State;

namespace HealthDataNode.ReferenceSpe.Identity;

/// <summary>
/// Every refusal of a signed-in caller is an audit entry; what an anonymous caller does is a metric of the framework.
/// </summary>
internal sealed class RefusalRecorder(RequestDelegate next, Outbox outbox)
{
    /// <summary>Key of an item: the action's name where it has one of its own, with the lineage.</summary>
    public static readonly object Named = new();

    public async Task InvokeAsync(HttpContext context)
    {
        await next(context);
        var status = context.Response.StatusCode;
        if (status is < 400 or >= 500 || context.User.FindFirst("sub")?.Value is not { Length: <= 100 } sub)
        {
            return;
        }

        var (action, lineage) = context.Items[Named] as (string, string)? ?? ("call-refused", "-");
        outbox.AddAudit(
            action,
            sub,
            ("method", context.Request.Method),
            ("route", (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "none"),
            ("status", $"{status}"),
            ("problem", context.Items["problem-type"] as string ?? "none"),
            ("lineage", lineage)
        );
    }
}
