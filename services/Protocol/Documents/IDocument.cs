using System.Text.Json.Serialization.Metadata;

namespace HealthDataNode.Protocol.Documents;

/// <summary>The payload of one kind of signed document.</summary>
/// <typeparam name="TSelf">The payload's own type.</typeparam>
public interface IDocument<TSelf>
    where TSelf : class, IDocument<TSelf>
{
    /// <summary>The header's <c>typ</c> of this kind.</summary>
    static abstract string Typ { get; }

    /// <summary>How the payload is read and written; unknown and repeated members are refused.</summary>
    static abstract JsonTypeInfo<TSelf> Json { get; }

    /// <summary>The use that the signing key's statement must have, one of <see cref="KeyUses"/>.</summary>
    string Use { get; }

    /// <summary>The party that it must come from, where the kind or the payload itself says so;
    /// null where only the verifier can know (the holder of an order, the SPE of a permit).</summary>
    string? Issuer { get; }

    /// <summary>The first rule of its kind that the payload breaks, as a sentence without values; null when none.</summary>
    string? Fault();
}
