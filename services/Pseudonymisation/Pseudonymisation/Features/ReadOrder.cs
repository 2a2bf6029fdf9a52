using System.Security.Claims;
using HealthDataNode.Pseudonymisation.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Pseudonymisation.Features;

/// <summary>How far an order is; for its holder and for Gateway, who know the exact counts anyway.</summary>
internal static class ReadOrder
{
    internal sealed record Response(
        bool Open,
        string State,
        long Budget,
        long Used,
        long Issued,
        long Withheld,
        long Invalid,
        int Parts,
        bool? TokensAgree
    );

    public static void Map(IEndpointRouteBuilder orders) =>
        orders.MapGet("", HandleAsync).ForAnyParty().WithName("ReadOrder").WithSummary("How far an order is");

    private static async Task<IResult> HandleAsync(
        string digest,
        ClaimsPrincipal user,
        PseudonymisationDb database,
        CancellationToken cancellationToken
    )
    {
        var order = await database.Orders.AsNoTracking().SingleOrDefaultAsync(order => order.Digest == digest, cancellationToken);
        if (order is null || user.Party() is var party && party != "gateway" && party != order.Holder)
        {
            return Refused.NoSuchOrder();
        }
        var parts = await database
            .Parts.AsNoTracking()
            .Where(part => part.OrderDigest == digest)
            .GroupBy(_ => 1)
            .Select(all => new
            {
                Count = all.Count(),
                Records = all.Sum(part => part.Records),
                Issued = all.Sum(part => part.Issued),
                Withheld = all.Sum(part => part.Withheld),
                Invalid = all.Sum(part => part.Invalid),
            })
            .SingleOrDefaultAsync(cancellationToken);
        return TypedResults.Ok(
            new Response(
                order.State == "open",
                order.State,
                order.Budget,
                parts?.Records ?? 0,
                parts?.Issued ?? 0,
                parts?.Withheld ?? 0,
                parts?.Invalid ?? 0,
                parts?.Count ?? 0,
                order.TokensAgree
            )
        );
    }
}
