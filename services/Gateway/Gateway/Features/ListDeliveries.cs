using HealthDataNode.Gateway.Domain;
using HealthDataNode.Gateway.Persistence;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace HealthDataNode.Gateway.Features;

/// <summary>What was delivered, for everybody: counts are rounded, and below the policy's threshold not said.</summary>
internal static class ListDeliveries
{
    private const int Most = 200;

    /// <param name="Lineage">The permit's lineage.</param>
    /// <param name="Source">The source.</param>
    /// <param name="Spe">The SPE's party id.</param>
    /// <param name="Date">The day of the delivery, UTC.</param>
    /// <param name="Rows">Rows, rounded down; null below the threshold.</param>
    /// <param name="Persons">Persons, rounded down; null below the threshold.</param>
    public sealed record Response(string Lineage, string Source, string Spe, DateOnly Date, long? Rows, long? Persons);

    public static void Map(IEndpointRouteBuilder app) =>
        app.MapGet("/v1/deliveries", HandleAsync)
            .AllowAnonymous()
            .WithName("ListDeliveries")
            .WithTags("Public")
            .WithSummary("What was delivered, in rounded counts");

    private static async Task<Ok<Response[]>> HandleAsync(
        GatewayDb database,
        IOptions<GatewayOptions> options,
        CancellationToken cancellationToken
    )
    {
        var delivered = await database
            .Orders.AsNoTracking()
            .Where(order => order.State == OrderState.Delivered)
            .OrderByDescending(order => order.ChangedAt)
            .Take(Most)
            .Select(order => new
            {
                order.Lineage,
                order.Source,
                order.Spe,
                order.ChangedAt,
                order.Rows,
                order.PersonsDelivered,
            })
            .ToListAsync(cancellationToken);
        return TypedResults.Ok(
            delivered
                .Select(order =>
                {
                    // Few persons with many rows are few persons: neither count is said then.
                    var persons = Public(order.PersonsDelivered, options.Value);
                    return new Response(
                        order.Lineage,
                        order.Source,
                        order.Spe,
                        DateOnly.FromDateTime(order.ChangedAt.UtcDateTime),
                        persons is null ? null : Public(order.Rows, options.Value),
                        persons
                    );
                })
                .ToArray()
        );
    }

    /// <summary>A count as the public may know it.</summary>
    internal static long? Public(long? count, GatewayOptions policy) =>
        count is { } exact && exact >= policy.PublicThreshold ? exact - (exact % policy.PublicRounding) : null;
}
