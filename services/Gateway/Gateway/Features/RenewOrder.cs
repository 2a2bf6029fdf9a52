using System.Diagnostics;
using System.Security.Claims;
using HealthDataNode.Gateway.Delivery;
using HealthDataNode.Gateway.Domain;
using HealthDataNode.Gateway.Persistence;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Leases;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ServiceDefaults.Idempotency;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace HealthDataNode.Gateway.Features;

/// <summary>A rejected order is dead; a case officer of the authority that decided on its source makes the next one, with
/// keys of its own.</summary>
internal static class RenewOrder
{
    /// <param name="Id">The new order's id.</param>
    /// <param name="Attempt">Its number for this source.</param>
    public sealed record Response(string Id, int Attempt);

    public static void Map(IEndpointRouteBuilder app) =>
        app.MapPost("/v1/orders/{id}/renewal", HandleAsync)
            .ForRole(OrderAccess.CaseOfficer)
            .RequireIdempotencyKey<GatewayDb>()
            .WithName("RenewOrder")
            .WithTags("Orders")
            .WithSummary("The next order after a rejected one");

    private static async Task<Results<Created<Response>, ProblemHttpResult>> HandleAsync(
        string id,
        ClaimsPrincipal user,
        GatewayDb database,
        TrustStore trust,
        PermitLeases leases,
        WorkSignal signal,
        TimeProvider time,
        IOptions<GatewayOptions> options,
        CancellationToken cancellationToken
    )
    {
        var order = await database.LockedAsync(id, cancellationToken);
        if (order is null || order.State == OrderState.Issuing || !user.ActsForAuthorityOf(order))
        {
            return Problem.NotFound("order");
        }
        var last = await database
            .Orders.Where(other => other.Lineage == order.Lineage && other.Source == order.Source)
            .MaxAsync(other => other.Attempt, cancellationToken);
        if (order.State != OrderState.Rejected || order.Attempt != last)
        {
            return Problem.Conflict(
                "order-not-rejected",
                "Only the last order of a source, when it was rejected, is renewed",
                "Look at GET /v1/orders for the order that stands."
            );
        }
        // The permit as it stands now, which may be a later version than the rejected order's.
        var lineage = await database.Lineages.SingleAsync(lineage => lineage.Id == order.Lineage, cancellationToken);
        var permit = trust.Verify<PermitDocument>(lineage.Document);
        var lease = await leases.SettledAsync(order.Lineage, TimeSpan.FromSeconds(2), cancellationToken);
        if (lease.HasEnded || permit.Payload.SourceNamed(order.Source) is not { } source || !permit.Payload.IsInForce(time.GetUtcNow()))
        {
            return Problem.Conflict(
                "permit-not-in-force",
                "The permit no longer allows this source",
                "The permit must be amended or renewed first."
            );
        }
        var next = order.Renew(
            PermittedSources.Of(permit, source),
            time.GetUtcNow(),
            TimeSpan.FromDays(options.Value.TermDays),
            Activity.Current?.Id
        );
        database.Add(next);
        await database.SaveChangesAsync(cancellationToken);
        signal.PulseSoon();
        return TypedResults.Created((string?)null, new Response(next.Id, next.Attempt));
    }
}
