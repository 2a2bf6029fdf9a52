using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace HealthDataNode.Protocol.Uploads;

/// <summary>The server side of draft-ietf-httpbis-resumable-upload-12 for sealed parts.</summary>
public static class ResumableUploads
{
    /// <summary>Maps creation at a pattern, and HEAD, PATCH and DELETE at one segment below it. The receiver and
    /// an <see cref="IUploadStore"/> come from the request's services.</summary>
    /// <typeparam name="TReceiver">The service's side.</typeparam>
    /// <param name="routes">Where to map.</param>
    /// <param name="pattern">A pattern with the order as <c>{id}</c>, such as <c>/v1/orders/{id}/parts</c>.</param>
    /// <returns>For authorisation and the like, on all of them.</returns>
    public static IEndpointConventionBuilder MapResumableUploads<TReceiver>(this IEndpointRouteBuilder routes, string pattern)
        where TReceiver : class, IUploadReceiver
    {
        if (!pattern.Contains("{id}", StringComparison.Ordinal))
        {
            throw new ArgumentException("The pattern names the order as {id}.", nameof(pattern));
        }

        var lanes = new UploadLanes();
        var group = routes.MapGroup(pattern);
        group.MapPost("", (HttpContext context, string id) => Call(context, id).CreateAsync());
        group.MapMethods("", [HttpMethods.Options], (HttpContext context, string id) => Call(context, id).LimitsAsync());
        group.MapMethods(
            "{upload}",
            [HttpMethods.Head],
            (HttpContext context, string id, string upload) => Call(context, id).HeadAsync(upload)
        );
        group.MapPatch("{upload}", (HttpContext context, string id, string upload) => Call(context, id).AppendAsync(upload));
        group.MapDelete("{upload}", (HttpContext context, string id, string upload) => Call(context, id).DeleteAsync(upload));
        return group;

        UploadCall<TReceiver> Call(HttpContext context, string id) => new(context, id, lanes);
    }
}
