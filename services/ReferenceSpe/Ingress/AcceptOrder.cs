using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Leases;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ReferenceSpe.Door;
using HealthDataNode.ReferenceSpe.Rooms;
using HealthDataNode.ReferenceSpe.State;
using HealthDataNode.ReferenceSpe.Workspaces;

namespace HealthDataNode.ReferenceSpe.Ingress;

/// <summary>
/// <c>PUT /ingress/v1/orders/{id}</c>: order and permit, before the first part. From then on it is known whose a part is:
/// none is taken of an order that was not announced or whose permit has ended, and what lies here of a lineage that ends is
/// deleted with it, and that is proved, whether its manifest came or not. Safe to repeat.
/// </summary>
internal sealed class AcceptOrder(
    DeliveryDocuments documents,
    DocumentSigner signer,
    Deliveries deliveries,
    Lineages lineages,
    WorkspaceFolders folders,
    RoomLeases leases
)
{
    internal sealed record Request(string Permit, string Order);

    public static void Map(IEndpointRouteBuilder ingress) =>
        ingress
            .MapPut(
                "/orders/{id}",
                (string id, Request request, AcceptOrder use, CancellationToken cancellationToken) =>
                    use.HandleAsync(id, request, cancellationToken)
            )
            .WithSummary("Announce an order before its first part")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    private async Task<IResult> HandleAsync(string id, Request request, CancellationToken cancellationToken)
    {
        try
        {
            var order = documents.VerifyOrder(request.Order, request.Permit, signer);
            return await TakeAsync(id, order, cancellationToken) ?? TypedResults.NoContent();
        }
        catch (DocumentRefusedException refused)
        {
            return ProtocolProblem.Of(refused).ToResult();
        }
    }

    /// <summary>Takes the order in, where it was not before; else why not.</summary>
    /// <exception cref="DocumentRefusedException">It is another than the id names, or its permit does not follow.</exception>
    public async Task<IResult?> TakeAsync(string id, VerifiedOrder order, CancellationToken cancellationToken)
    {
        if (order.Order.Payload.Id != id || deliveries.Find(id) is { } known && known.OrderDigest != order.Order.Digest)
        {
            throw new DocumentRefusedException(Refusal.Unrelated, "The order is another one than in the path.");
        }

        CheckVersion(order);
        var permit = order.Permit.Payload;
        var to = DateTimeOffset.FromUnixTimeSeconds(permit.To);
        switch (await leases.ForDeliveryAsync(permit.Lineage, permit.Version, to, cancellationToken))
        {
            case LeaseStanding.Ended:
                PrivateFolder.Delete(Path.Combine(folders.Ingress, id));
                return Ended();
            case LeaseStanding.Paused:
                return RoomFilter.Unknown();
        }

        if (LeavesOut(permit))
        {
            return RoomFilter.Unknown();
        }

        deliveries.Announce(order);
        return null;
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

    private static IResult Ended() =>
        ProtocolProblem
            .Of(
                ProblemTypes.PermitNotInForce,
                StatusCodes.Status409Conflict,
                "The permit has ended",
                "Stop: nothing is taken for it any more, and the parts were deleted."
            )
            .ToResult();
}
