using HealthDataNode.Catalogue.Domain;
using HealthDataNode.Catalogue.Persistence;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Catalogue.Features;

/// <summary>One source's description; the newest version, or an older one by <c>version</c>.</summary>
public static class GetDescription
{
    /// <summary>GET /v1/descriptions/{source}?version=.</summary>
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/descriptions/{source}", Handle).AllowAnonymous().WithSummary("Read a description").ProducesProblem(404);

    private static async Task<Results<Ok<PublishedDescription>, ProblemHttpResult>> Handle(
        string source,
        HttpContext http,
        CatalogueDb db,
        CancellationToken cancellationToken,
        int? version = null
    )
    {
        var query = version is null ? db.Current : db.Descriptions.AsNoTracking().Where(d => d.Version == version);
        if (await query.SingleOrDefaultAsync(d => d.Source == source, cancellationToken) is not { } stored)
        {
            return Problem.NotFound("description");
        }
        http.Response.Headers.ETag = PutDescription.ETag(stored.Version);
        return TypedResults.Ok(stored.Read());
    }
}
