using System.Security.Claims;
using HealthDataNode.Gateway.Domain;
using HealthDataNode.Gateway.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Gateway.Features;

/// <summary>Whose an order is. What is not the caller's does not exist for the caller.</summary>
internal static class OrderAccess
{
    public const string Holder = "data-holder";
    public const string DataUser = "data-user";
    public const string CaseOfficer = "case-officer";
    public const string Spe = "spe";

    /// <summary>The orders that the caller may see: a case officer those of sources that its authority decided on, a holder
    /// its own, a person those of permits that name it.</summary>
    public static IQueryable<Order> VisibleTo(this IQueryable<Order> orders, ClaimsPrincipal user)
    {
        var shown = orders.Where(order => order.State != OrderState.Issuing);
        if (user.IsInRole(CaseOfficer) && user.Authority() is { Length: > 0 } authority)
        {
            return shown.Where(order => order.Authority == authority);
        }
        if (user.IsInRole(Holder) && user.Party() is { } party)
        {
            return shown.Where(order => order.Holder == party);
        }
        var sub = user.Sub();
        return user.IsInRole(DataUser) && sub.Length > 0 ? shown.Where(order => order.Persons.Contains(sub)) : shown.Where(_ => false);
    }

    /// <summary>Whether the caller acts for the authority that decided on the order's source; nobody does where it is not known.</summary>
    public static bool ActsForAuthorityOf(this ClaimsPrincipal user, Order order) =>
        order.Authority is not null && order.Authority == user.Authority();

    /// <summary>Whether the caller is the holder, who alone sees documents and exact counts.</summary>
    public static bool IsHolderOf(this ClaimsPrincipal user, Order order) => user.IsInRole(Holder) && user.Party() == order.Holder;

    /// <summary>The order under a lock, so that closing and the last part cannot cross; inside a transaction.</summary>
    public static Task<Order?> LockedAsync(this GatewayDb database, string id, CancellationToken cancellationToken) =>
        database.Orders.FromSql($"SELECT *, xmin FROM gateway.orders WHERE id = {id} FOR UPDATE").SingleOrDefaultAsync(cancellationToken);
}
