namespace HealthDataNode.Gateway.Domain;

/// <summary>One part that the holder sends, as its seal says.</summary>
public sealed class ReceivedPart
{
    public required string OrderId { get; init; }
    public required int Part { get; init; }
    public required string Seal { get; init; }
    public required long Rows { get; init; }
    public required long Length { get; init; }
    public required string Sha256 { get; init; }

    /// <summary>When it was whole and its SHA-256 that of the seal.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }
}

/// <summary>One part as it goes to the SPE.</summary>
public sealed class DeliveryPart
{
    public required string OrderId { get; init; }
    public required int Part { get; init; }
    public required string Seal { get; init; }
    public required long Rows { get; init; }

    /// <summary>Rows left out, of persons outside the permit's cohort.</summary>
    public required long Outside { get; init; }
    public required long Persons { get; init; }
    public required long Length { get; init; }
    public required string Sha256 { get; init; }

    /// <summary>How many re-key batches it took; their numbers go on over the order.</summary>
    public required int Batches { get; init; }
    public required DateTimeOffset MadeAt { get; init; }
    public DateTimeOffset? PushedAt { get; set; }
}
