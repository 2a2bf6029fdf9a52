using System.Diagnostics;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Leases;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Protocol.Uploads;
using HealthDataNode.ReferenceSpe.Door;
using HealthDataNode.ReferenceSpe.Registration;
using HealthDataNode.ReferenceSpe.Rooms;
using HealthDataNode.ReferenceSpe.State;
using HealthDataNode.ReferenceSpe.Workspaces;
using Microsoft.AspNetCore.Mvc;

namespace HealthDataNode.ReferenceSpe.Ingress;

/// <summary>
/// <c>POST /ingress/v1/orders/{id}/manifest</c>: everything that can be judged without the rows is judged here; then
/// it is kept, answered with 202, and a worker opens it. The same manifest again is recognised.
/// </summary>
internal sealed class AcceptManifest(
    DeliveryDocuments documents,
    DocumentSigner signer,
    EncryptionKeys keys,
    AcceptOrder orders,
    Deliveries deliveries,
    FileUploadStore parts,
    WorkspaceFolders folders,
    DeliveryArrived arrived
)
{
    private const int LargestAnnouncement = 4 << 20;

    /// <summary>Between a manifest's parts being found and its row nobody may delete them.</summary>
    public static readonly SemaphoreSlim OneAtATime = new(1, 1);

    public static void Map(IEndpointRouteBuilder ingress) =>
        ingress
            .MapPost(
                "/orders/{id}/manifest",
                (string id, Announcement announcement, AcceptManifest use, CancellationToken cancellationToken) =>
                    use.HandleAsync(id, announcement, cancellationToken)
            )
            .WithMetadata(new RequestSizeLimitAttribute(LargestAnnouncement))
            .WithSummary("Announce a delivery whose parts are all here")
            .Produces(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);

    private async Task<IResult> HandleAsync(string id, Announcement announcement, CancellationToken cancellationToken)
    {
        await OneAtATime.WaitAsync(cancellationToken);
        try
        {
            if (deliveries.Find(id) is { State: not Delivery.Announced } known)
            {
                return Again(known, Jws.Read(announcement.Manifest).Digest);
            }

            var order = documents.VerifyOrder(announcement.Order, announcement.Permit, signer);
            var manifest = documents.Verify(announcement, order, signer, keys.Open);
            if (await orders.TakeAsync(id, order, cancellationToken) is { } refusal)
            {
                return refusal;
            }

            if (await MissingPartAsync(id, order, manifest.Payload, cancellationToken) is { } missing)
            {
                return ProtocolProblem
                    .Of(
                        ProblemTypes.Prefix + "delivery-incomplete",
                        StatusCodes.Status409Conflict,
                        "A part of the manifest is not here as it says",
                        $"Upload part {missing}, then send the manifest again."
                    )
                    .ToResult();
            }

            // The file first: the row is what makes a delivery, and never stands alone.
            var folder = Path.Combine(folders.Ingress, id);
            announcement.Write(folder);
            if (!deliveries.Receive(id, manifest, Activity.Current?.Id))
            {
                // Its source has left the permit meanwhile.
                PrivateFolder.Delete(folder);
                return Again(deliveries.Find(id)!, manifest.Digest);
            }

            arrived.Pulse.Beat();
            return TypedResults.Accepted((string?)null);
        }
        catch (DocumentRefusedException refused)
        {
            return ProtocolProblem.Of(refused).ToResult();
        }
        finally
        {
            OneAtATime.Release();
        }
    }

    private static IResult Again(Delivery known, string manifest) =>
        known.ManifestDigest != manifest
            ? ProtocolProblem
                .Of(
                    ProblemTypes.OrderClosed,
                    StatusCodes.Status409Conflict,
                    "The order takes no other manifest",
                    $"The delivery is {known.State}: send the manifest that you sent first, if you did."
                )
                .ToResult()
        : known.State == Delivery.Refused
            ? ProtocolProblem
                .Of(
                    ProblemTypes.OrderRejected,
                    StatusCodes.Status409Conflict,
                    "The delivery was refused",
                    $"It was not what its manifest says: {known.Refusal}."
                )
                .ToResult()
        : TypedResults.Accepted((string?)null);

    private async Task<int?> MissingPartAsync(string id, VerifiedOrder order, Manifest manifest, CancellationToken cancellationToken)
    {
        foreach (var part in manifest.Parts)
        {
            var found = await parts.FindAsync(new UploadKey(id, SealTypes.Delivery, part.Part), cancellationToken);
            if (
                found is not { IsComplete: true }
                || found.Seal.Order != order.Order.Digest
                || found.Seal.Rows != part.Rows
                || found.Seal.Length != part.Length
                || found.Seal.Sha256 != part.Sha256
            )
            {
                return part.Part;
            }
        }

        return null;
    }
}
