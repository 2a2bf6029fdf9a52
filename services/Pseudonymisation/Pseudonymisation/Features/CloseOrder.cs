using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Pseudonymisation.Contracts.V1;
using HealthDataNode.Pseudonymisation.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Messaging;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Pseudonymisation.Features;

/// <summary>
/// Gateway ends an order. When it was delivered, the tokens issued and the tokens re-keyed must be the same, by count
/// and sum: else the holder asked about persons whose rows it never sent, which is an alarm.
/// </summary>
internal static class CloseOrder
{
    internal sealed record Request(string Outcome);

    internal sealed record Response(bool? TokensAgree);

    public static void Map(IEndpointRouteBuilder orders) =>
        orders.MapPost("/close", HandleAsync).ForParty("gateway").WithName("CloseOrder").WithSummary("Ends an order");

    private static async Task<IResult> HandleAsync(
        string digest,
        Request request,
        PseudonymisationDb database,
        IEventOutbox outbox,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        if (request.Outcome is not ("delivered" or "rejected"))
        {
            return Refused.Problem(ProblemTypes.Invalid, 400, "No such outcome", "Send outcome 'delivered' or 'rejected'.");
        }
        await using var transaction = await database.Database.BeginTransactionAsync(cancellationToken);
        if (await database.LockOrderAsync(digest, cancellationToken) is not { } order)
        {
            return Refused.NoSuchOrder();
        }
        if (order.State == "open" && request.Outcome == "delivered")
        {
            return Refused.NotClosed();
        }
        if (order.Outcome == "rejected" && request.Outcome == "delivered")
        {
            return Refused.OrderClosed();
        }
        if (order.State != "closed")
        {
            order.State = "closed";
            order.Outcome = request.Outcome;
            order.TokensAgree = request.Outcome == "delivered" ? await AgreeAsync(database, digest, cancellationToken) : null;
            outbox.Enqueue(new OrderClosed(digest, request.Outcome, order.TokensAgree, time.GetUtcNow()));
            await database.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
        return order.TokensAgree == false
            ? Refused.Problem(
                ProblemTypes.Prefix + "agreement-failed",
                409,
                "Tokens issued and re-keyed differ",
                "The holder asked for tokens of persons whose rows did not come. Reject the order; the audit log has the alarm."
            )
            : TypedResults.Ok(new Response(order.TokensAgree));
    }

    private static async Task<bool> AgreeAsync(PseudonymisationDb database, string digest, CancellationToken cancellationToken)
    {
        var issued = await database
            .Parts.Where(part => part.OrderDigest == digest)
            .Select(part => new { part.Issued, part.TokenSum })
            .ToListAsync(cancellationToken);
        var rekeyed = await database
            .Rekeys.Where(batch => batch.OrderDigest == digest)
            .Select(batch => new { batch.Records, batch.TokenSum })
            .ToListAsync(cancellationToken);
        return issued.Aggregate(default(TokenSum), (sum, part) => sum.Add(TokenSum.From(part.Issued, part.TokenSum)))
            == rekeyed.Aggregate(default(TokenSum), (sum, batch) => sum.Add(TokenSum.From(batch.Records, batch.TokenSum)));
    }
}
