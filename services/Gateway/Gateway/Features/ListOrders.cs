using System.Security.Claims;
using HealthDataNode.Gateway.Domain;
using HealthDataNode.Gateway.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Gateway.Features;

/// <summary>The caller's orders, newest first.</summary>
internal static class ListOrders
{
    private const int Most = 500;

    /// <param name="Id">The order's id.</param>
    /// <param name="State">issued, receiving, closed, preparing, delivering, delivered or rejected.</param>
    /// <param name="Source">The source.</param>
    /// <param name="Lineage">The permit's lineage.</param>
    /// <param name="Due">When the holder should have delivered.</param>
    /// <param name="Overdue">Whether the holder is late.</param>
    /// <param name="Order">The signed order; for its holder only.</param>
    /// <param name="Permit">The signed permit behind it; for its holder only.</param>
    /// <param name="TraceParent">W3C trace context to go on with; for its holder only.</param>
    /// <param name="Rejection">Why it died, where it did.</param>
    public sealed record Response(
        string Id,
        string State,
        string Source,
        string Lineage,
        DateTimeOffset Due,
        bool Overdue,
        string? Order,
        string? Permit,
        string? TraceParent,
        Rejection? Rejection
    );

    public static void Map(IEndpointRouteBuilder app) =>
        app.MapGet("/v1/orders", HandleAsync)
            .ForRole(OrderAccess.Holder, OrderAccess.DataUser, OrderAccess.CaseOfficer)
            .WithName("ListOrders")
            .WithTags("Orders")
            .WithSummary("The orders of the caller, newest first");

    private static async Task<Ok<Response[]>> HandleAsync(
        ClaimsPrincipal user,
        GatewayDb database,
        TimeProvider time,
        bool? open,
        CancellationToken cancellationToken
    )
    {
        var orders = await database
            .Orders.AsNoTracking()
            .VisibleTo(user)
            .Where(order => open != true || (order.State != OrderState.Delivered && order.State != OrderState.Rejected))
            .OrderByDescending(order => order.Id)
            .Take(Most)
            .ToListAsync(cancellationToken);
        return TypedResults.Ok(orders.Select(order => Of(order, user.IsHolderOf(order), time.GetUtcNow())).ToArray());
    }

    private static Response Of(Order order, bool isHolder, DateTimeOffset now) =>
        new(
            order.Id,
            order.State.Text(),
            order.Source,
            order.Lineage,
            order.Due,
            order.IsOverdue(now),
            isHolder ? order.Document : null,
            isHolder ? order.Permit : null,
            isHolder ? order.TraceParent : null,
            order.Rejection
        );
}
