using System.Security.Claims;
using HealthDataNode.Gateway.Delivery;
using HealthDataNode.Gateway.Domain;
using HealthDataNode.Gateway.Persistence;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Messaging;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Gateway.Features;

/// <summary>The holder's signed closing document: order, parts, rows, digests. Nothing is re-keyed before it.</summary>
internal static class CloseOrder
{
    public static void Map(IEndpointRouteBuilder app) =>
        app.MapPost("/v1/orders/{id}/closing", HandleAsync)
            .ForRole(OrderAccess.Holder)
            .Accepts<string>(JoseBody.MediaType)
            .Produces(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .WithName("CloseOrder")
            .WithTags("Orders")
            .WithSummary("The holder is done: every part is named");

    private static async Task<IResult> HandleAsync(
        string id,
        HttpRequest request,
        ClaimsPrincipal user,
        GatewayDb database,
        OrderAndPermit documents,
        IEventOutbox outbox,
        WorkSignal signal,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var text = await JoseBody.ReadAsync(request, cancellationToken);
        await using var transaction = await database.Database.BeginTransactionAsync(cancellationToken);
        var order = await database.LockedAsync(id, cancellationToken);
        if (order is null || order.State == OrderState.Issuing || !user.IsHolderOf(order))
        {
            return Refuse(ProblemTypes.NotFound, 404, "No such order", "There is no such order, or it is not yours.");
        }
        SignedDocument<Closing> closing;
        try
        {
            closing = documents.VerifyClosing(text, documents.Verify(order.Document!, order.Permit));
        }
        catch (DocumentRefusedException refused)
        {
            return ProtocolProblem.Of(refused).ToResult();
        }
        if (order.ClosingDigest == closing.Digest)
        {
            // Its answer was lost.
            return TypedResults.Accepted((string?)null);
        }
        if (!order.IsOpenForParts)
        {
            return order.State == OrderState.Rejected
                ? Refuse(ProblemTypes.OrderRejected, 409, "The order was rejected", "Wait for the next order; a case officer makes it.")
                : Refuse(ProblemTypes.OrderClosed, 409, "The order is closed already", "Nothing is left to send.");
        }
        var parts = await database
            .Parts.Where(part => part.OrderId == id)
            .OrderBy(part => part.Part)
            .Select(part => new ClosingPart(part.Part, part.Rows, part.Sha256))
            .ToListAsync(cancellationToken);
        if (!parts.SequenceEqual(closing.Payload.Parts))
        {
            return Refuse(
                ProblemTypes.ClosingIncomplete,
                409,
                "The closing document and the parts that are here differ",
                "Compare it with GET /v1/orders/{id}: upload what is missing, or name every part as its seal does."
            );
        }
        outbox.Enqueue(order.Close(closing.Text, closing.Digest, parts.Count, time.GetUtcNow()));
        await database.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        signal.Pulse(id);
        return TypedResults.Accepted((string?)null);
    }

    private static IResult Refuse(string type, int status, string title, string detail) =>
        ProtocolProblem.Of(type, status, title, detail).ToResult();
}
