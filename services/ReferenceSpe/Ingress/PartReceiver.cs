using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Protocol.Uploads;
using HealthDataNode.ReferenceSpe.Rooms;

namespace HealthDataNode.ReferenceSpe.Ingress;

/// <summary>
/// Takes parts that Gateway sealed to this SPE. Order and permit come with the manifest, so that a part is held to
/// them there; until then it is a file that nobody opens.
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

        if (deliveries.Find(order) is { } known)
        {
            return UploadAdmission.Refuse(
                ProtocolProblem.Of(
                    ProblemTypes.OrderClosed,
                    StatusCodes.Status409Conflict,
                    "The order takes no more parts",
                    $"Its manifest was received; the delivery is {known.State}."
                )
            );
        }

        // Which permit it is for, the manifest says; that this SPE may be delivered to at all is known now.
        return await leases.IsApprovedAsync(context.RequestAborted)
            ? UploadAdmission.Admit(verified)
            : UploadAdmission.Refuse(
                ProtocolProblem.Of(
                    ProblemTypes.EnvironmentNotApproved,
                    StatusCodes.Status503ServiceUnavailable,
                    "This environment may not be delivered to now",
                    "The registry does not say that it is approved. Wait, and repeat."
                )
            );
    }

    public Task<ProtocolProblem?> ReceiveAsync(HttpContext context, UploadState upload) => Task.FromResult<ProtocolProblem?>(null);
}
