using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Leases;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Protocol.Uploads;
using HealthDataNode.ReferenceSpe.Rooms;

namespace HealthDataNode.ReferenceSpe.Ingress;

/// <summary>
/// Takes parts that Gateway sealed to this SPE, of an order that was announced, while its permit is in force and this SPE
/// approved: what is on its way when that ends is cut off. Until its manifest comes a part is a file that nobody opens.
/// </summary>
internal sealed class PartReceiver(TrustStore trust, Deliveries deliveries, RoomLeases leases, SpeOptions options) : IUploadReceiver
{
    public Task<ProtocolProblem?> AuthoriseAsync(HttpContext context, string order) => Task.FromResult<ProtocolProblem?>(null);

    public async Task<UploadAdmission> AdmitAsync(HttpContext context, string order, string seal)
    {
        var verified = trust.Verify<Seal>(seal, Parties.Gateway);
        if (verified.Payload.Type != SealTypes.Delivery)
        {
            throw new DocumentRefusedException(Refusal.SealType, "The seal is of another type.");
        }

        if (verified.Payload.Recipient != options.Party)
        {
            throw new DocumentRefusedException(Refusal.SealRecipient, "The seal is for another recipient.");
        }

        var known = deliveries.Find(order);
        if (known?.OrderDigest != verified.Payload.Order)
        {
            return UploadAdmission.Refuse(
                ProtocolProblem.Of(
                    ProblemTypes.NotFound,
                    StatusCodes.Status404NotFound,
                    "No such order",
                    "Announce the order that the seal names before its first part."
                )
            );
        }

        return await leases.MayComeInAsync(known.Lineage, context.RequestAborted) switch
        {
            LeaseStanding.Ended => UploadAdmission.Refuse(
                ProtocolProblem.Of(
                    ProblemTypes.PermitNotInForce,
                    StatusCodes.Status409Conflict,
                    "The permit has ended",
                    "Stop: nothing is taken for it any more."
                )
            ),
            LeaseStanding.Paused => UploadAdmission.Refuse(
                ProtocolProblem.Of(
                    ProblemTypes.PermitStateUnknown,
                    StatusCodes.Status503ServiceUnavailable,
                    "Nothing may be delivered now",
                    "The node does not say that the permit is in force and this environment approved. Wait, and repeat."
                )
            ),
            _ when known.State != Delivery.Announced => UploadAdmission.Refuse(
                ProtocolProblem.Of(
                    ProblemTypes.OrderClosed,
                    StatusCodes.Status409Conflict,
                    "The order takes no more parts",
                    $"Its manifest was received; the delivery is {known.State}."
                )
            ),
            _ => UploadAdmission.Admit(verified),
        };
    }

    public CancellationToken WhileAllowed(HttpContext context, string order)
    {
        if (deliveries.Find(order) is not { } known)
        {
            return CancellationToken.None;
        }

        var whileOpen = leases.WhileOpen(known.Lineage, CancellationToken.None);
        context.Response.RegisterForDispose(whileOpen);
        return whileOpen.Token;
    }

    public Task<ProtocolProblem?> ReceiveAsync(HttpContext context, UploadState upload) => Task.FromResult<ProtocolProblem?>(null);
}
