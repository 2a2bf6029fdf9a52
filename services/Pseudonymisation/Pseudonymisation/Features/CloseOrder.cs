using HealthDataNode.Protocol.Problems;
using HealthDataNode.Pseudonymisation.Contracts.V1;
using HealthDataNode.Pseudonymisation.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Messaging;

namespace HealthDataNode.Pseudonymisation.Features;

/// <summary>
/// Gateway ends an order. Nothing was delivered of one whose delivery key was not given, and none was given where the
/// tokens issued and the tokens re-keyed differ.
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
        if (order.TokensAgree == false)
        {
            return Refused.AgreementFailed();
        }
        if (order.Outcome == "rejected" && request.Outcome == "delivered")
        {
            return Refused.OrderClosed();
        }
        if (order.TokensAgree is null && request.Outcome == "delivered")
        {
            return Refused.NotClosed();
        }
        if (order.State != "closed")
        {
            order.Close(request.Outcome);
            outbox.Enqueue(new OrderClosed(digest, request.Outcome, order.TokensAgree, time.GetUtcNow()));
            await database.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
        return TypedResults.Ok(new Response(order.TokensAgree));
    }
}
