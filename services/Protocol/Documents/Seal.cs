using System.Text.Json.Serialization.Metadata;

namespace HealthDataNode.Protocol.Documents;

/// <summary>The types of seals.</summary>
public static class SealTypes
{
    /// <summary>Person identifiers, holder to Pseudonymisation.</summary>
    public const string Identifiers = "identifiers";

    /// <summary>Person tokens, Pseudonymisation to holder; answers a part of identifiers.</summary>
    public const string Tokens = "tokens";

    /// <summary>Rows, holder to Gateway, to the order's upload key.</summary>
    public const string Rows = "rows";

    /// <summary>Rows, Gateway to SPE.</summary>
    public const string Delivery = "delivery";

    /// <summary>The delivery key, Pseudonymisation to SPE.</summary>
    public const string DeliveryKey = "delivery-key";

    /// <summary>Changes of persons' identifiers and standing, population register to Pseudonymisation.</summary>
    public const string Population = "population";

    /// <summary>Pseudonyms that became one, Pseudonymisation to SPE.</summary>
    public const string Aliases = "aliases";

    /// <summary>Every type.</summary>
    public static IReadOnlyList<string> All { get; } = [Identifiers, Tokens, Rows, Delivery, DeliveryKey, Population, Aliases];
}

/// <summary>The sender's signature over one Crypt4GH file: Crypt4GH itself tells nobody who wrote it.</summary>
public sealed record Seal : IDocument<Seal>
{
    /// <summary>The longest Crypt4GH file that is a part: 64 MiB, and 64 KiB for what frames it.</summary>
    public const long MaximumLength = (64L << 20) + (64L << 10);

    /// <inheritdoc/>
    public static string Typ => "seal+jwt";

    /// <inheritdoc/>
    public static JsonTypeInfo<Seal> Json => DocumentJson.Default.Seal;

    /// <summary>One of <see cref="SealTypes"/>.</summary>
    public required string Type { get; init; }

    /// <summary>The party that seals and signs.</summary>
    public required string Sender { get; init; }

    /// <summary>The party that it is sealed to.</summary>
    public required string Recipient { get; init; }

    /// <summary>Digest of the order; what has none has the SHA-256 of its own name: of the lineage with
    /// <see cref="SealTypes.Aliases"/>, of the text <c>population-feed</c> with <see cref="SealTypes.Population"/>.</summary>
    public required string Order { get; init; }

    /// <summary>From 1 within the order and type.</summary>
    public required int Part { get; init; }

    /// <summary>Records or rows inside, without a header line.</summary>
    public required long Rows { get; init; }

    /// <summary>Bytes of the Crypt4GH file.</summary>
    public required long Length { get; init; }

    /// <summary>SHA-256 of the Crypt4GH file, lower-case hex.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Digest of the seal that this one answers; with <see cref="SealTypes.Tokens"/> only.</summary>
    public string? Answers { get; init; }

    string IDocument<Seal>.Use =>
        Type switch
        {
            SealTypes.Tokens or SealTypes.DeliveryKey or SealTypes.Aliases => KeyUses.Pseudonymisation,
            SealTypes.Delivery => KeyUses.Gateway,
            _ => KeyUses.Holder,
        };

    string? IDocument<Seal>.Issuer => Sender;

    /// <inheritdoc/>
    public string? Fault() =>
        Rule.Broken(
            (Rule.IsOneOf(Type, SealTypes.All), "type is not a known type"),
            (Rule.IsParty(Sender) && Rule.IsParty(Recipient), "sender or recipient is not a party id"),
            (Sender != Recipient, "sender and recipient are the same"),
            (FixedSender() is not { } sender || sender == Sender, "sender is not the one of this type"),
            (FixedRecipient() is not { } to || to == Recipient, "recipient is not the one of this type"),
            (Rule.IsDigest(Order), "order is not a digest"),
            (Part >= 1, "part is below 1"),
            (Rows >= 0, "rows is below 0"),
            (Length is >= 1 and <= MaximumLength, "length is out of range"),
            (Rule.IsDigest(Sha256), "sha256 is not 64 lower-case hex digits"),
            (Type == SealTypes.Tokens ? Rule.IsDigest(Answers) : Answers is null, "answers does not fit the type")
        );

    private string? FixedSender() =>
        Type switch
        {
            SealTypes.Tokens or SealTypes.DeliveryKey or SealTypes.Aliases => Parties.Pseudonymisation,
            SealTypes.Delivery => Parties.Gateway,
            _ => null,
        };

    private string? FixedRecipient() =>
        Type switch
        {
            SealTypes.Identifiers or SealTypes.Population => Parties.Pseudonymisation,
            SealTypes.Rows => Parties.Gateway,
            _ => null,
        };
}
