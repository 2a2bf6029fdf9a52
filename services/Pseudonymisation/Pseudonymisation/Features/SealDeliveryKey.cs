using System.Security.Cryptography;
using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Pseudonymisation.Contracts.V1;
using HealthDataNode.Pseudonymisation.Keys;
using HealthDataNode.Pseudonymisation.Leases;
using HealthDataNode.Pseudonymisation.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Messaging;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Pseudonymisation.Features;

/// <summary>
/// The delivery key of an order, sealed to the SPE: only to an encryption key that is signed by the signing key which
/// the permit pins and the root states, and only where every token that was issued has come back: the SPE can open
/// nothing of an order where they differ. Gateway carries the box and cannot open it.
/// </summary>
internal static class SealDeliveryKey
{
    internal sealed record Request(string SpeKey);

    internal sealed record Response(string Seal, byte[] Box);

    public static void Map(IEndpointRouteBuilder orders) =>
        orders
            .MapPost("/delivery-key", HandleAsync)
            .ForParty("gateway")
            .WithName("SealDeliveryKey")
            .WithSummary("The delivery key, sealed to the SPE");

    private static async Task<IResult> HandleAsync(
        string digest,
        Request request,
        PseudonymisationDb database,
        OrderAndPermit documents,
        SealBuilder sealing,
        PermitGate permits,
        IPermitKeyStore keys,
        IEventOutbox outbox,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        await using var transaction = await database.Database.BeginTransactionAsync(cancellationToken);
        if (await database.LockOrderAsync(digest, cancellationToken) is not { } order)
        {
            return Refused.NoSuchOrder();
        }
        if (order.TokensAgree == false)
        {
            return Refused.AgreementFailed();
        }
        if (order.State == "closed")
        {
            return Refused.OrderClosed();
        }
        if (await permits.RefusalAsync(order, cancellationToken) is { } refusal)
        {
            return refusal;
        }
        SignedDocument<SpeKey> speKey;
        try
        {
            speKey = documents.VerifySpeKey(request.SpeKey, order.ReadPermit());
        }
        catch (DocumentRefusedException refused)
        {
            return ProtocolProblem.Of(refused).ToResult();
        }
        using var permitKey = keys.Find(order.Lineage);
        if (permitKey is null)
        {
            return Refused.NotInForce();
        }
        if (order.State == "open")
        {
            return Refused.NotClosed();
        }
        var now = time.GetUtcNow();
        order.TokensAgree ??= await Agreement.HoldsAsync(database, digest, cancellationToken);
        if (order.TokensAgree == false)
        {
            order.Close("rejected");
            outbox.Enqueue(new OrderClosed(digest, "rejected", order.TokensAgree, now));
            await database.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return Refused.AgreementFailed();
        }
        // Written down before it is answered: from now on only the SPE's proof of deletion lets the permit key be shredded.
        var living = await database
            .Lineages.Where(lineage => lineage.Id == order.Lineage && lineage.ShreddedAt == null)
            .ExecuteUpdateAsync(
                lineage => lineage.SetProperty(known => known.DeliveryKeyAt, known => known.DeliveryKeyAt ?? now),
                cancellationToken
            );
        if (living == 0)
        {
            return Refused.NotInForce();
        }
        await database.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        var deliveryKey = new byte[PermitKey.Size];
        try
        {
            permitKey.DeriveDeliveryKey(digest, deliveryKey);
            var box = Crypt4GhFile.Seal(deliveryKey, speKey.Payload.KeyBytes());
            var seal = sealing.Build(SealTypes.DeliveryKey, speKey.Payload.Party, digest, 1, 1, SealedBytes.Of(box));
            return TypedResults.Ok(new Response(seal.Text, box));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(deliveryKey);
        }
    }
}
