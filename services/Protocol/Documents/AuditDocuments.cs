using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;

namespace HealthDataNode.Protocol.Documents;

/// <summary>A head of the audit log: all entries up to here are fixed by one hash.</summary>
public sealed record AuditHead : IDocument<AuditHead>
{
    /// <inheritdoc/>
    public static string Typ => "audit-head+jwt";

    /// <inheritdoc/>
    public static JsonTypeInfo<AuditHead> Json => AuditJson.Default.AuditHead;

    /// <summary>The last entry's place, from 1: how many entries there are.</summary>
    public required long Sequence { get; init; }

    /// <summary>The last entry's hash, lower-case hex SHA-256.</summary>
    public required string Hash { get; init; }

    /// <summary>Signed at, Unix seconds.</summary>
    public required long At { get; init; }

    string IDocument<AuditHead>.Use => KeyUses.Audit;

    string? IDocument<AuditHead>.Issuer => "audit";

    /// <inheritdoc/>
    public string? Fault() =>
        Rule.Broken(
            (Sequence >= 1, "sequence is below 1"),
            (Rule.IsDigest(Hash), "hash is not a digest"),
            (Rule.IsTime(At), "at is out of range")
        );
}

/// <summary>What a party outside the node (an SPE, a holder) did, for the node's audit log. No person but a
/// <c>sub</c>, no token and no pseudonym may be in it.</summary>
public sealed partial record AuditEntry : IDocument<AuditEntry>
{
    /// <inheritdoc/>
    public static string Typ => "audit-entry+jwt";

    /// <inheritdoc/>
    public static JsonTypeInfo<AuditEntry> Json => AuditJson.Default.AuditEntry;

    /// <summary>The party, its <c>client_id</c>.</summary>
    public required string Party { get; init; }

    /// <summary>Its signing key's use: <c>spe</c> or <c>holder</c>.</summary>
    public required string Use { get; init; }

    /// <summary>The party's id of this fact; the same id again is the same fact.</summary>
    public required Guid Id { get; init; }

    /// <summary>The party's running number from 1 where it has one: then a gap means a loss.</summary>
    public long? Number { get; init; }

    /// <summary>What was done, kebab-case, past tense: <c>job-submitted</c>.</summary>
    public required string Action { get; init; }

    /// <summary>When, Unix seconds.</summary>
    public required long At { get; init; }

    /// <summary>Whose act it was, if a person's: the opaque <c>sub</c>.</summary>
    public string? Sub { get; init; }

    /// <summary>What else belongs to it: ids of a lineage, an order, a job; at most 20 values of 200 characters.</summary>
    public Dictionary<string, string>? Details { get; init; }

    string? IDocument<AuditEntry>.Issuer => Party;

    /// <inheritdoc/>
    public string? Fault() =>
        Rule.Broken(
            (Rule.IsParty(Party), "party is not a party id"),
            (Use is KeyUses.Spe or KeyUses.Holder, "use is neither spe nor holder"),
            (Id != Guid.Empty, "id is empty"),
            (Number is null or >= 1, "number is below 1"),
            (Action is not null && ActionName().IsMatch(Action), "action is not a kebab-case name"),
            (Rule.IsTime(At), "at is out of range"),
            (Sub is null || Rule.IsText(Sub, 100), "sub is longer than 100 characters"),
            (
                Details is null
                    || (Details.Count <= 20 && Details.All(d => Rule.IsName(d.Key.ToLowerInvariant()) && d.Value.Length <= 200)),
                "details has more than 20 values, or one that is too long"
            )
        );

    [GeneratedRegex(@"^[a-z][a-z0-9-]{0,79}\z", RegexOptions.CultureInvariant)]
    private static partial Regex ActionName();
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false
)]
[JsonSerializable(typeof(AuditHead))]
[JsonSerializable(typeof(AuditEntry))]
internal sealed partial class AuditJson : JsonSerializerContext;
