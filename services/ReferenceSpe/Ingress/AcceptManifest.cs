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
    Deliveries deliveries,
    Lineages lineages,
    FileUploadStore parts,
    WorkspaceFolders folders,
    RoomLeases leases,
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
            if (deliveries.Find(id) is { } known)
            {
                return Again(known, Jws.Read(announcement.Manifest).Digest);
            }

            var (order, manifest) = Verify(id, announcement);
            if (await ClosedAsync(id, order.Permit.Payload, cancellationToken) is { } closed)
            {
                return closed;
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

            if (LeavesOut(order.Permit.Payload))
            {
                return RoomFilter.Unknown();
            }

            // The file first: the row is what makes a delivery, and never stands alone.
            announcement.Write(Path.Combine(folders.Ingress, id));
            deliveries.Receive(order, manifest, Activity.Current?.Id);
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
                    "The order has another manifest",
                    "Send the manifest that you sent first."
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

    private (VerifiedOrder Order, SignedDocument<Manifest> Manifest) Verify(string id, Announcement announcement)
    {
        var order = documents.VerifyOrder(announcement);
        CheckVersion(order);
        return order.Order.Payload.Id == id
            ? (order, documents.Verify(announcement, order, signer, keys.Open))
            : throw new DocumentRefusedException(Refusal.Unrelated, "The order is another one than in the path.");
    }

    // An order goes on under the version that it began with, also when it arrives after the next one: as long as that
    // version is known to stand before the newest, and the newest still names the source.
    private void CheckVersion(VerifiedOrder order)
    {
        var permit = order.Permit;
        if (
            lineages.PermitsOf(permit.Payload.Lineage) is [.., var newest] versions
            && permit.Payload.Version < newest.Payload.Version
            && versions.Any(version => version.Digest == permit.Digest || version.Payload.Previous == permit.Digest)
            && newest.Payload.SourceNamed(order.Source.Source) is not null
        )
        {
            return;
        }

        LineageLedger.Next(lineages.HeadOf(permit.Payload.Lineage), permit);
    }

    // A version without a source that is here is taken in by TakeVersion, which deletes it: until then nothing comes under it.
    private bool LeavesOut(PermitDocument permit) =>
        permit.Version > lineages.VersionOf(permit.Lineage)
        && deliveries.NamedIn(permit.Lineage).Any(source => permit.SourceNamed(source) is null);

    private async Task<IResult?> ClosedAsync(string id, PermitDocument permit, CancellationToken cancellationToken)
    {
        var to = DateTimeOffset.FromUnixTimeSeconds(permit.To);
        switch (await leases.ForDeliveryAsync(permit.Lineage, permit.Version, to, cancellationToken))
        {
            case LeaseStanding.Good:
                return null;
            case LeaseStanding.Ended:
                PrivateFolder.Delete(Path.Combine(folders.Ingress, id));
                return ProtocolProblem
                    .Of(
                        ProblemTypes.PermitNotInForce,
                        StatusCodes.Status409Conflict,
                        "The permit has ended",
                        "Stop: nothing is taken for it any more, and the parts were deleted."
                    )
                    .ToResult();
            default:
                return RoomFilter.Unknown();
        }
    }

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
