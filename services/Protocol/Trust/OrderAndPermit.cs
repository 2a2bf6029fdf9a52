using HealthDataNode.Protocol.Documents;

namespace HealthDataNode.Protocol.Trust;

/// <summary>An order and the permit behind it, verified together.</summary>
/// <param name="Order">The order.</param>
/// <param name="Permit">The permit.</param>
/// <param name="Source">What the permit says of the order's source: holder, columns, identifier budget.</param>
public sealed record VerifiedOrder(SignedDocument<OrderDocument> Order, SignedDocument<PermitDocument> Permit, PermitSource Source)
{
    /// <summary>The holder, as the permit names it.</summary>
    public string Holder => Source.Holder;

    /// <summary>The SPE, as the permit names and pins it.</summary>
    public PermitSpe Spe => Permit.Payload.Spe;

    /// <summary>A pair that was verified when it came, read again: see <see cref="KeptDocument"/>.</summary>
    /// <param name="order">An order JWS.</param>
    /// <param name="permit">The permit JWS behind it.</param>
    public static VerifiedOrder Kept(string order, string permit)
    {
        var (ordered, permitted) = (KeptDocument.Read<OrderDocument>(order), KeptDocument.Read<PermitDocument>(permit));
        return new VerifiedOrder(ordered, permitted, permitted.Payload.SourceNamed(ordered.Payload.Source)!);
    }
}

/// <summary>Verifies an order with the permit behind it, and what belongs to both.</summary>
/// <param name="trust">The keys.</param>
/// <param name="time">The clock.</param>
public sealed class OrderAndPermit(TrustStore trust, TimeProvider? time = null)
{
    private readonly TimeProvider time = time ?? TimeProvider.System;

    /// <summary>Verifies the pair: both signatures, that the order is of this permit and names a source of it,
    /// and that the permit is inside its dates.</summary>
    /// <param name="order">An order JWS.</param>
    /// <param name="permit">A permit JWS.</param>
    /// <param name="head">The newest version of the lineage that the caller has seen; null where none. The
    /// caller persists <see cref="LineageHead.Of"/> when it takes the order in. For an order that it took in
    /// before, it passes null: an open order goes on under the version that it began with.</param>
    /// <exception cref="DocumentRefusedException">One of them is refused, or they do not belong together.</exception>
    public VerifiedOrder Verify(string order, string permit, LineageHead? head = null)
    {
        var ordered = trust.Verify<OrderDocument>(order);
        var permitted = trust.Verify<PermitDocument>(permit);
        if (ordered.Payload.Permit != permitted.Digest || ordered.Payload.Lineage != permitted.Payload.Lineage)
        {
            throw new DocumentRefusedException(Refusal.Unrelated, "The order is not of this permit.");
        }

        if (permitted.Payload.SourceNamed(ordered.Payload.Source) is not { } source)
        {
            throw new DocumentRefusedException(Refusal.Unrelated, "The permit does not name the order's source.");
        }

        if (!permitted.Payload.IsInForce(time.GetUtcNow()))
        {
            throw new DocumentRefusedException(Refusal.PermitNotInForce, "The permit is outside its dates.");
        }

        LineageLedger.Next(head, permitted);
        return new VerifiedOrder(ordered, permitted, source);
    }

    /// <summary>Verifies an SPE's encryption key against the signing key that the permit pins.</summary>
    /// <param name="speKey">A spe-key JWS.</param>
    /// <param name="permit">The permit.</param>
    /// <exception cref="DocumentRefusedException">It is refused.</exception>
    public SignedDocument<SpeKey> VerifySpeKey(string speKey, PermitDocument permit)
    {
        var key = Pinned<SpeKey>(speKey, permit.Spe);
        return key.Payload.IsInForce(time.GetUtcNow())
            ? key
            : throw new DocumentRefusedException(Refusal.KeyNotInForce, "The SPE's encryption key is outside its dates.");
    }

    /// <summary>Verifies an SPE's receipt for a manifest.</summary>
    /// <param name="receipt">A receipt JWS.</param>
    /// <param name="order">The order.</param>
    /// <param name="manifest">The manifest.</param>
    /// <exception cref="DocumentRefusedException">It is refused, or is for something else.</exception>
    public SignedDocument<Receipt> VerifyReceipt(string receipt, VerifiedOrder order, SignedDocument<Manifest> manifest)
    {
        var received = Pinned<Receipt>(receipt, order.Spe);
        var says = received.Payload;
        return
            says.Manifest == manifest.Digest
            && says.Order == order.Order.Digest
            && says.Rows == manifest.Payload.Rows
            && says.Workspace == order.Permit.Payload.Lineage
            ? received
            : throw new DocumentRefusedException(Refusal.Unrelated, "The receipt is not for this manifest.");
    }

    /// <summary>Verifies an SPE's record of what left a room.</summary>
    /// <param name="release">A release JWS.</param>
    /// <param name="permit">A permit of the lineage.</param>
    /// <exception cref="DocumentRefusedException">It is refused, or is for something else.</exception>
    public SignedDocument<Release> VerifyRelease(string release, PermitDocument permit)
    {
        var released = Pinned<Release>(release, permit.Spe);
        return released.Payload.Lineage == permit.Lineage
            ? released
            : throw new DocumentRefusedException(Refusal.Unrelated, "The release is of another lineage.");
    }

    /// <summary>Verifies an SPE's proof that it has deleted everything of a lineage. Whether the lineage has ended is
    /// not in it: the caller asks Permit.</summary>
    /// <param name="proof">A deletion JWS.</param>
    /// <param name="permit">A permit of the lineage.</param>
    /// <exception cref="DocumentRefusedException">It is refused, or is for something else.</exception>
    public SignedDocument<Deletion> VerifyDeletion(string proof, PermitDocument permit)
    {
        var deleted = Pinned<Deletion>(proof, permit.Spe);
        return deleted.Payload.Lineage == permit.Lineage
            ? deleted
            : throw new DocumentRefusedException(Refusal.Unrelated, "The proof is for another lineage.");
    }

    /// <summary>Verifies Gateway's manifest for an order.</summary>
    /// <param name="manifest">A manifest JWS.</param>
    /// <param name="order">The order.</param>
    /// <param name="deliveryKey">The verified seal of the delivery key.</param>
    /// <exception cref="DocumentRefusedException">It is refused, or is for something else.</exception>
    public SignedDocument<Manifest> VerifyManifest(string manifest, VerifiedOrder order, SignedDocument<Seal> deliveryKey)
    {
        var verified = trust.Verify<Manifest>(manifest);
        var says = verified.Payload;
        return
            says.Order == order.Order.Digest
            && says.Permit == order.Permit.Digest
            && says.Lineage == order.Permit.Payload.Lineage
            && says.Source == order.Source.Source
            && says.Spe == order.Spe.Party
            && says.DeliveryKey == deliveryKey.Digest
            && says.Columns.SequenceEqual(order.Source.Columns.Select(c => c.Name))
            ? verified
            : throw new DocumentRefusedException(Refusal.Unrelated, "The manifest is not for this order.");
    }

    /// <summary>Verifies the holder's closing document of an order.</summary>
    /// <param name="closing">A closing JWS.</param>
    /// <param name="order">The order.</param>
    /// <exception cref="DocumentRefusedException">It is refused, or is for another order.</exception>
    public SignedDocument<Closing> VerifyClosing(string closing, VerifiedOrder order)
    {
        var verified = trust.Verify<Closing>(closing, order.Holder);
        return verified.Payload.Order == order.Order.Digest
            ? verified
            : throw new DocumentRefusedException(Refusal.Unrelated, "The closing document is for another order.");
    }

    private SignedDocument<T> Pinned<T>(string text, PermitSpe pin)
        where T : class, IDocument<T>
    {
        var document = trust.Verify<T>(text, pin.Party);
        return trust.IsPinned(document.Kid, pin)
            ? document
            : throw new DocumentRefusedException(Refusal.NotPinned, "The key is not the one that the permit pins, nor endorsed by it.");
    }
}
