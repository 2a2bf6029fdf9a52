using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Pseudonymisation.Persistence;
using HealthDataNode.ServiceDefaults.Identity;

namespace HealthDataNode.Pseudonymisation.Features;

/// <summary>
/// The holder's signed closing document, carried by Gateway: no token is issued after it, and none re-keyed before it.
/// </summary>
internal static class AcceptClosing
{
    public static void Map(IEndpointRouteBuilder orders) =>
        orders.MapPost("/closing", HandleAsync).ForParty("gateway").WithName("AcceptClosing").WithSummary("The holder is done");

    private static async Task<IResult> HandleAsync(
        string digest,
        HttpRequest request,
        PseudonymisationDb database,
        TrustStore trust,
        CancellationToken cancellationToken
    )
    {
        using var reader = new StreamReader(request.Body);
        var text = (await reader.ReadToEndAsync(cancellationToken)).Trim();
        await using var transaction = await database.Database.BeginTransactionAsync(cancellationToken);
        if (await database.LockOrderAsync(digest, cancellationToken) is not { } order)
        {
            return Refused.NoSuchOrder();
        }
        if (order.ClosingText == text)
        {
            return TypedResults.NoContent();
        }
        if (order.State != "open")
        {
            return Refused.OrderClosed();
        }
        try
        {
            if (trust.Verify<Closing>(text, order.Holder).Payload.Order != digest)
            {
                return Refused.Problem(ProblemTypes.DocumentRefused, 422, "Another order", "The closing document is for another order.");
            }
        }
        catch (DocumentRefusedException refused)
        {
            return ProtocolProblem.Of(refused).ToResult();
        }
        order.ClosingText = text;
        order.State = "closing";
        await database.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
