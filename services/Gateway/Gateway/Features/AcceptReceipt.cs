using System.Security.Claims;
using HealthDataNode.Gateway.Delivery;
using HealthDataNode.Gateway.Domain;
using HealthDataNode.Gateway.Persistence;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ServiceDefaults.Identity;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Gateway.Features;

/// <summary>The SPE's signed receipt; the same again is recognised.</summary>
internal static class AcceptReceipt
{
    public static void Map(IEndpointRouteBuilder app) =>
        app.MapPost("/v1/orders/{id}/receipt", HandleAsync)
            .ForRole(OrderAccess.Spe)
            .Accepts<string>(JoseBody.MediaType)
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .WithName("AcceptReceipt")
            .WithTags("Orders")
            .WithSummary("The SPE's signed receipt");

    private static async Task<IResult> HandleAsync(
        string id,
        HttpRequest request,
        ClaimsPrincipal user,
        GatewayDb database,
        OrderAndPermit documents,
        WorkSignal signal,
        CancellationToken cancellationToken
    )
    {
        var text = await JoseBody.ReadAsync(request, cancellationToken);
        var party = user.Party();
        var order = await database.Orders.SingleOrDefaultAsync(
            order => order.Id == id && order.Spe == party && order.State != OrderState.Issuing,
            cancellationToken
        );
        if (order is null)
        {
            return Refuse(ProblemTypes.NotFound, 404, "No such order", "There is no such order, or it is not yours.");
        }
        if (order.Manifest is null || order.State == OrderState.Rejected)
        {
            return Refuse(
                ProblemTypes.OrderClosed,
                409,
                "The order awaits no receipt",
                "Nothing was delivered for it, or it was rejected."
            );
        }
        SignedDocument<Receipt> receipt;
        try
        {
            if (order.ReceiptDigest == Jws.Read(text).Digest)
            {
                // Its answer was lost: it stands, also where the key has ended since.
                return TypedResults.NoContent();
            }
            receipt = documents.VerifyReceipt(
                text,
                VerifiedOrder.Kept(order.Document!, order.Permit),
                KeptDocument.Read<Manifest>(order.Manifest)
            );
        }
        catch (DocumentRefusedException refused)
        {
            return ProtocolProblem.Of(refused).ToResult();
        }
        if (receipt.Payload.Persons > order.PersonsDelivered)
        {
            return Refuse(ProblemTypes.DocumentRefused, 422, "The receipt was refused", "It names more persons than were delivered.");
        }
        if (order.Receipt is not null)
        {
            return Refuse(ProblemTypes.OrderClosed, 409, "The order has a receipt already", "Send the same receipt, or none.");
        }
        order.Acknowledge(receipt.Text, receipt.Digest);
        await database.SaveChangesAsync(cancellationToken);
        signal.Pulse(id);
        return TypedResults.NoContent();
    }

    private static IResult Refuse(string type, int status, string title, string detail) =>
        ProtocolProblem.Of(type, status, title, detail).ToResult();
}
