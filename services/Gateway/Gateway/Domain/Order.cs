using HealthDataNode.Gateway.Contracts.V1;

namespace HealthDataNode.Gateway.Domain;

/// <summary>
/// One source of a permit, ordered from its holder. Each method is one step of its life, refuses to be called in
/// another state than the step's own, and returns the event that commits with it.
/// </summary>
public sealed class Order
{
    private Order() { }

    public string Id { get; private init; } = "";
    public string Lineage { get; private init; } = "";
    public string Source { get; private init; } = "";
    public int Attempt { get; private init; }
    public string Holder { get; private init; } = "";

    /// <summary>Who decided on the source; null where the permit is of a time when it did not say so.</summary>
    public string? Authority { get; private init; }
    public string Spe { get; private init; } = "";
    public string[] Persons { get; private init; } = [];
    public string Permit { get; private init; } = "";
    public string PermitDigest { get; private init; } = "";
    public int PermitVersion { get; private init; }
    public string? TraceParent { get; private init; }
    public DateTimeOffset CreatedAt { get; private init; }
    public DateTimeOffset Due { get; private init; }
    public OrderState State { get; private set; }
    public int Version { get; private set; }
    public DateTimeOffset ChangedAt { get; private set; }
    public string? Document { get; private set; }
    public string? Digest { get; private set; }
    public string? Closing { get; private set; }
    public string? ClosingDigest { get; private set; }
    public string? SpeKey { get; private set; }
    public string? Manifest { get; private set; }
    public string? ManifestDigest { get; private set; }
    public string? DeliveryKeySeal { get; private set; }
    public string? DeliveryKeyBox { get; private set; }
    public string? Receipt { get; private set; }
    public string? ReceiptDigest { get; private set; }
    public long? Rows { get; private set; }
    public long? PersonsDelivered { get; private set; }
    public int PartsRepeated { get; private set; }
    public string? RejectionCode { get; private set; }
    public int? RejectionPart { get; private set; }
    public long? RejectionLine { get; private set; }
    public string? RejectionColumn { get; private set; }
    public DateTimeOffset? ErasedAt { get; private set; }

    /// <summary>When it was said that the holder is late; said once.</summary>
    public DateTimeOffset? OverdueAt { get; private set; }

    /// <summary>Whether the holder may still send something.</summary>
    public bool IsOpenForParts => State is OrderState.Issued or OrderState.Receiving;

    /// <summary>Whether it has ended, well or not.</summary>
    public bool HasEnded => State is OrderState.Delivered or OrderState.Rejected;

    /// <summary>Whether the holder should have delivered and has not (EHDS 60(2)).</summary>
    public bool IsOverdue(DateTimeOffset now) => IsOpenForParts && Due <= now;

    /// <summary>Whether that has still to be said.</summary>
    public bool IsLate(DateTimeOffset now) => IsOverdue(now) && OverdueAt is null;

    /// <summary>Why it died, or null.</summary>
    public Rejection? Rejection => RejectionCode is null ? null : new(RejectionCode, RejectionPart, RejectionLine, RejectionColumn);

    /// <summary>The first order of a source, or the next after one that was rejected.</summary>
    public static Order Of(OrderedSource source, int attempt, DateTimeOffset now, TimeSpan term, string? traceParent) =>
        new()
        {
            Id = Guid.CreateVersion7(now).ToString("N"),
            Lineage = source.Lineage,
            Source = source.Source,
            Attempt = attempt,
            Holder = source.Holder,
            Authority = source.Authority,
            Spe = source.Spe,
            Persons = [.. source.Persons],
            Permit = source.Permit,
            PermitDigest = source.PermitDigest,
            PermitVersion = source.PermitVersion,
            TraceParent = traceParent,
            CreatedAt = now,
            ChangedAt = now,
            // To the second, as the signed order says it.
            Due = DateTimeOffset.FromUnixTimeSeconds((now + term).ToUnixTimeSeconds()),
            State = OrderState.Issuing,
            Version = 1,
        };

    /// <summary>The signed order is written down before anybody is told of it.</summary>
    public void Sign(string document, string digest)
    {
        Require(State == OrderState.Issuing && Document is null);
        (Document, Digest) = (document, digest);
    }

    /// <summary>Pseudonymisation knows it: the holder may see it.</summary>
    public OrderIssued Issue(DateTimeOffset now)
    {
        Require(State == OrderState.Issuing && Digest is not null);
        Move(OrderState.Issued, now);
        return new(Id, Version, Lineage, Source, Holder, Digest!, Due);
    }

    /// <summary>A part begins to arrive.</summary>
    public void Receive(DateTimeOffset now)
    {
        Require(IsOpenForParts);
        if (State == OrderState.Issued)
        {
            Move(OrderState.Receiving, now);
        }
    }

    /// <summary>The holder's closing document was found to be complete.</summary>
    public DeliveryReceived Close(string closing, string digest, int parts, DateTimeOffset now)
    {
        Require(IsOpenForParts);
        (Closing, ClosingDigest) = (closing, digest);
        Move(OrderState.Closed, now);
        return new(Id, Version, Lineage, Source, digest, parts);
    }

    /// <summary>Pseudonymisation has the closing document; from now on this delivery keeps to this key of the SPE.</summary>
    public void Prepare(string speKey, DateTimeOffset now)
    {
        Require(State == OrderState.Closed);
        SpeKey = speKey;
        Move(OrderState.Preparing, now);
    }

    /// <summary>A part that was half made when the process died is made again.</summary>
    public void RepeatPart()
    {
        Require(State == OrderState.Preparing);
        PartsRepeated++;
    }

    /// <summary>Every part is made and the manifest signed.</summary>
    public void Deliver(SignedDelivery delivery, DateTimeOffset now)
    {
        Require(State == OrderState.Preparing);
        (Manifest, ManifestDigest) = (delivery.Manifest, delivery.ManifestDigest);
        (DeliveryKeySeal, DeliveryKeyBox) = (delivery.DeliveryKeySeal, delivery.DeliveryKeyBox);
        (Rows, PersonsDelivered) = (delivery.Rows, delivery.Persons);
        Move(OrderState.Delivering, now);
    }

    /// <summary>The SPE's receipt was verified; the end follows when Pseudonymisation agrees.</summary>
    public void Acknowledge(string receipt, string digest)
    {
        Require(State == OrderState.Delivering && Receipt is null);
        (Receipt, ReceiptDigest) = (receipt, digest);
    }

    /// <summary>Tokens agree, key and files are gone.</summary>
    public DeliveryCompleted Complete(DateTimeOffset now)
    {
        Require(State == OrderState.Delivering && ReceiptDigest is not null);
        ErasedAt = now;
        Move(OrderState.Delivered, now);
        return new(Id, Version, Lineage, Source, Spe, ManifestDigest!, ReceiptDigest!);
    }

    /// <summary>The holder is late. Nothing is refused for it: what comes late is taken all the same.</summary>
    public OrderOverdue SayLate(DateTimeOffset now)
    {
        Require(IsLate(now));
        OverdueAt = now;
        Move(State, now);
        return new(Id, Version, Lineage, Source, Holder, Due);
    }

    /// <summary>What was sent is refused; the order is dead.</summary>
    public OrderRejected Reject(Rejection rejection, DateTimeOffset now)
    {
        Require(!HasEnded);
        (RejectionCode, RejectionPart) = (rejection.Code, rejection.Part);
        (RejectionLine, RejectionColumn) = (rejection.Line, rejection.Column);
        Move(OrderState.Rejected, now);
        return new(Id, Version, Lineage, Source, rejection.Code, rejection.Part, rejection.Line, rejection.Column);
    }

    /// <summary>Key and files of a rejected order are gone.</summary>
    public void Erase(DateTimeOffset now)
    {
        Require(State == OrderState.Rejected);
        ErasedAt ??= now;
    }

    /// <summary>The order that a case officer makes after a rejection, under the permit as it stands now.</summary>
    public Order Renew(OrderedSource source, DateTimeOffset now, TimeSpan term, string? traceParent)
    {
        Require(State == OrderState.Rejected);
        return Of(source, Attempt + 1, now, term, traceParent);
    }

    private void Move(OrderState state, DateTimeOffset now)
    {
        State = state;
        Version++;
        ChangedAt = now;
    }

    private void Require(bool holds)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"An order that is {State} cannot do this.");
        }
    }
}

/// <summary>What a verified permit says of one source.</summary>
public sealed record OrderedSource(
    string Lineage,
    string Source,
    string Holder,
    string Authority,
    string Spe,
    IReadOnlyList<string> Persons,
    string Permit,
    string PermitDigest,
    int PermitVersion
);

/// <summary>A signed manifest and the delivery key that goes with it.</summary>
public sealed record SignedDelivery(
    string Manifest,
    string ManifestDigest,
    string DeliveryKeySeal,
    string DeliveryKeyBox,
    long Rows,
    long Persons
);
