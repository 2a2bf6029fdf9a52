namespace HealthDataNode.Protocol.Seals;

/// <summary>What the receiver of a seal knows before it looks at it.</summary>
/// <param name="Type">The type, one of <see cref="Documents.SealTypes"/>.</param>
/// <param name="Sender">The party that must have signed it.</param>
/// <param name="Recipient">The receiver itself.</param>
/// <param name="Order">Digest of the order.</param>
/// <param name="Part">The part; null where the seal is what names it.</param>
/// <param name="Answers">Digest of the receiver's own seal that it must answer; with type tokens only.</param>
public sealed record SealExpectation(string Type, string Sender, string Recipient, string Order, int? Part = null, string? Answers = null);
