using System.Security.Claims;
using HealthDataNode.Gateway.Domain;
using HealthDataNode.Gateway.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Gateway.Features;

/// <summary>One order. Exact counts are its holder's alone; public ones are rounded (ListDeliveries).</summary>
internal static class GetOrder
{
    /// <param name="Part">From 1.</param>
    /// <param name="Rows">Rows inside.</param>
    /// <param name="Length">Bytes of the Crypt4GH file.</param>
    /// <param name="Sha256">Its SHA-256.</param>
    public sealed record PartResponse(int Part, long Rows, long Length, string Sha256);

    /// <param name="Id">The order's id.</param>
    /// <param name="State">As in the listing.</param>
    /// <param name="Source">The source.</param>
    /// <param name="Lineage">The permit's lineage.</param>
    /// <param name="Attempt">1, and one more for each renewal.</param>
    /// <param name="Version">Goes up with each change of state.</param>
    /// <param name="CreatedAt">When it was made.</param>
    /// <param name="ChangedAt">When its state changed last.</param>
    /// <param name="Due">When the holder should have delivered.</param>
    /// <param name="Overdue">Whether the holder is late.</param>
    /// <param name="PartsRepeated">Parts that were made again after a fault.</param>
    /// <param name="Order">For its holder only.</param>
    /// <param name="Permit">For its holder only.</param>
    /// <param name="TraceParent">For its holder only.</param>
    /// <param name="Parts">The parts that are here; for its holder only.</param>
    /// <param name="Manifest">Digest of the manifest, once signed.</param>
    /// <param name="Receipt">Digest of the SPE's receipt, once here.</param>
    /// <param name="Rejection">Why it died, where it did.</param>
    public sealed record Response(
        string Id,
        string State,
        string Source,
        string Lineage,
        int Attempt,
        int Version,
        DateTimeOffset CreatedAt,
        DateTimeOffset ChangedAt,
        DateTimeOffset Due,
        bool Overdue,
        int PartsRepeated,
        string? Order,
        string? Permit,
        string? TraceParent,
        PartResponse[]? Parts,
        string? Manifest,
        string? Receipt,
        Rejection? Rejection
    );

    public static void Map(IEndpointRouteBuilder app) =>
        app.MapGet("/v1/orders/{id}", HandleAsync)
            .ForRole(OrderAccess.Holder, OrderAccess.DataUser, OrderAccess.CaseOfficer)
            .WithName("GetOrder")
            .WithTags("Orders")
            .WithSummary("One order");

    private static async Task<Results<Ok<Response>, ProblemHttpResult>> HandleAsync(
        string id,
        ClaimsPrincipal user,
        GatewayDb database,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var order = await database.Orders.AsNoTracking().VisibleTo(user).SingleOrDefaultAsync(order => order.Id == id, cancellationToken);
        if (order is null)
        {
            return Problem.NotFound("order");
        }
        var isHolder = user.IsHolderOf(order);
        var parts = isHolder ? await PartsAsync(id, database, cancellationToken) : null;
        return TypedResults.Ok(
            new Response(
                order.Id,
                order.State.Text(),
                order.Source,
                order.Lineage,
                order.Attempt,
                order.Version,
                order.CreatedAt,
                order.ChangedAt,
                order.Due,
                order.IsOverdue(time.GetUtcNow()),
                order.PartsRepeated,
                isHolder ? order.Document : null,
                isHolder ? order.Permit : null,
                isHolder ? order.TraceParent : null,
                parts,
                order.ManifestDigest,
                order.ReceiptDigest,
                order.Rejection
            )
        );
    }

    private static Task<PartResponse[]> PartsAsync(string order, GatewayDb database, CancellationToken cancellationToken) =>
        database
            .Parts.Where(part => part.OrderId == order)
            .OrderBy(part => part.Part)
            .Select(part => new PartResponse(part.Part, part.Rows, part.Length, part.Sha256))
            .ToArrayAsync(cancellationToken);
}
