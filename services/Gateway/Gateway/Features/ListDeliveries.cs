using HealthDataNode.Gateway.Domain;
using HealthDataNode.Gateway.Persistence;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace HealthDataNode.Gateway.Features;

/// <summary>
/// What was ordered, received and delivered, for everybody. Counts are those of a delivery, rounded, and below the
/// policy's threshold (ours or the permit's, whichever is stricter) not said; of what is on the way, or was refused, only
/// the times.
/// </summary>
internal static class ListDeliveries
{
    private const int Most = 200;

    /// <param name="Lineage">The permit's lineage.</param>
    /// <param name="Source">The source.</param>
    /// <param name="Spe">The SPE's party id.</param>
    /// <param name="Attempt">1, and one more for each order after one that was rejected.</param>
    /// <param name="State">Where the order stands.</param>
    /// <param name="Revoked">Whether it was stopped since its permit was no longer in force (EHDS 63(3)).</param>
    /// <param name="IssuedAt">When the holder was asked.</param>
    /// <param name="ReceivedAt">When the last part was whole; null before the holder closed it.</param>
    /// <param name="DeliveredAt">When the SPE's receipt was good and nothing was left here.</param>
    /// <param name="RejectedAt">When it was refused or stopped.</param>
    /// <param name="ErasedAt">When upload key and files were gone.</param>
    /// <param name="Rows">Rows delivered, rounded down; null below the threshold.</param>
    /// <param name="Persons">Persons delivered, rounded down; null below the threshold.</param>
    public sealed record Response(
        string Lineage,
        string Source,
        string Spe,
        int Attempt,
        string State,
        bool Revoked,
        DateTimeOffset IssuedAt,
        DateTimeOffset? ReceivedAt,
        DateTimeOffset? DeliveredAt,
        DateTimeOffset? RejectedAt,
        DateTimeOffset? ErasedAt,
        long? Rows,
        long? Persons
    );

    public static void Map(IEndpointRouteBuilder app) =>
        app.MapGet("/v1/deliveries", HandleAsync)
            .AllowAnonymous()
            .WithName("ListDeliveries")
            .WithTags("Public")
            .WithSummary("What was ordered and delivered, in rounded counts");

    private static async Task<Results<Ok<Response[]>, ProblemHttpResult>> HandleAsync(
        GatewayDb database,
        IOptions<GatewayOptions> options,
        CancellationToken cancellationToken,
        string? lineage = null
    )
    {
        if (lineage is not null && !PermitDocument.IsLineage(lineage))
        {
            return Problem.Invalid(new Dictionary<string, string[]> { ["lineage"] = ["Send a lineage as it was answered here, or none."] });
        }
        var orders = await database
            .Orders.AsNoTracking()
            // Before it is issued nobody outside knows it.
            .Where(order => order.State != OrderState.Issuing)
            .Where(order => lineage == null || order.Lineage == lineage)
            .OrderByDescending(order => order.Id)
            .Take(Most)
            .Select(order => new Row(
                order.Lineage,
                order.Source,
                order.Spe,
                order.Attempt,
                order.State,
                order.CreatedAt,
                order.ChangedAt,
                order.ErasedAt,
                order.Closing == null
                    ? null
                    : database.Parts.Where(part => part.OrderId == order.Id).Max(part => (DateTimeOffset?)part.ReceivedAt),
                order.RejectionCode,
                order.Rows,
                order.PersonsDelivered,
                order.State == OrderState.Delivered ? database.Lineages.Single(permit => permit.Id == order.Lineage).Document : null
            ))
            .ToListAsync(cancellationToken);
        return TypedResults.Ok(orders.Select(order => Public(order, options.Value)).ToArray());
    }

    private static Response Public(Row order, GatewayOptions policy)
    {
        var delivered = order.State == OrderState.Delivered;
        // The smallest cell of the newest version is the strictest of the lineage (Permit's policy profile).
        var smallest = order.Permit is null ? null : KeptDocument.Read<PermitDocument>(order.Permit).Payload.SmallestCell;
        var threshold = Math.Max(policy.PublicThreshold, smallest ?? 0);
        // Few persons with many rows are few persons: neither count is said then.
        var persons = delivered ? Public(order.Persons, threshold, policy.PublicRounding) : null;
        return new Response(
            order.Lineage,
            order.Source,
            order.Spe,
            order.Attempt,
            order.State.Text(),
            order.RejectionCode == RejectionCodes.PermitRevoked,
            order.CreatedAt,
            order.ReceivedAt,
            delivered ? order.ChangedAt : null,
            order.State == OrderState.Rejected ? order.ChangedAt : null,
            order.ErasedAt,
            persons is null ? null : Public(order.Rows, threshold, policy.PublicRounding),
            persons
        );
    }

    // A count as the public may know it.
    private static long? Public(long? count, int threshold, int rounding) =>
        count is { } exact && exact >= threshold ? exact - (exact % rounding) : null;

    private sealed record Row(
        string Lineage,
        string Source,
        string Spe,
        int Attempt,
        OrderState State,
        DateTimeOffset CreatedAt,
        DateTimeOffset ChangedAt,
        DateTimeOffset? ErasedAt,
        DateTimeOffset? ReceivedAt,
        string? RejectionCode,
        long? Rows,
        long? Persons,
        string? Permit
    );
}
