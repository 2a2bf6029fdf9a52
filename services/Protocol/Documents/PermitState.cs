using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace HealthDataNode.Protocol.Documents;

/// <summary>Permit answers in which state lineages are: a lease for the one who asked, never stored.</summary>
public sealed record PermitState : IDocument<PermitState>
{
    /// <inheritdoc/>
    public static string Typ => "permit-state+jwt";

    /// <inheritdoc/>
    public static JsonTypeInfo<PermitState> Json => DocumentJson.Default.PermitState;

    /// <summary>The party that asked.</summary>
    public required string Caller { get; init; }

    /// <summary>The caller's nonce, 16 to 128 characters of base64url.</summary>
    public required string Nonce { get; init; }

    /// <summary>Answered at, Unix seconds.</summary>
    public required long At { get; init; }

    /// <summary>Good until at most, Unix seconds; the receiver counts from when it asked, by its own clock.</summary>
    public required long Until { get; init; }

    /// <summary>One entry for each lineage asked for.</summary>
    public required IReadOnlyList<LineageState> States { get; init; }

    string IDocument<PermitState>.Use => KeyUses.Permit;

    string? IDocument<PermitState>.Issuer => Parties.Permit;

    /// <inheritdoc/>
    public string? Fault() =>
        Rule.Broken(
            (Rule.IsParty(Caller), "caller is not a party id"),
            (Rule.IsNonce(Nonce), "nonce is not 16 to 128 characters of base64url"),
            (Rule.IsTime(At) && Rule.IsTime(Until) && At <= Until, "at and until are not in order"),
            (States.All(s => s is not null && s.IsSound()), "a state is not sound"),
            (Rule.AreUnique(States.Select(s => s?.Lineage)), "states names a lineage twice")
        );
}

/// <summary>The state of one lineage.</summary>
/// <param name="Lineage">The lineage.</param>
/// <param name="Version">Its newest version; 0 where unknown.</param>
/// <param name="Digest">The newest version's digest; null where unknown.</param>
/// <param name="State">One of <see cref="LineageStates"/>.</param>
public sealed record LineageState(
    string Lineage,
    int Version,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Digest,
    string State
)
{
    internal bool IsSound() =>
        Rule.IsId(Lineage)
        && Rule.IsOneOf(State, LineageStates.All)
        && (State == LineageStates.Unknown ? Version == 0 && Digest is null : Version >= 1 && Rule.IsDigest(Digest));
}

/// <summary>The states of a lineage.</summary>
public static class LineageStates
{
    /// <summary>In force.</summary>
    public const string InForce = "in-force";

    /// <summary>Revoked (EHDS Article 63(3)): what runs ends.</summary>
    public const string Revoked = "revoked";

    /// <summary>Past its end, or not yet begun.</summary>
    public const string Expired = "expired";

    /// <summary>Permit knows no such lineage.</summary>
    public const string Unknown = "unknown";

    /// <summary>Every state.</summary>
    public static IReadOnlyList<string> All { get; } = [InForce, Revoked, Expired, Unknown];
}

/// <summary>Permit answers whether one person may enter one workspace now (EHDS Article 73(1)(a)).</summary>
public sealed record AccessAnswer : IDocument<AccessAnswer>
{
    /// <inheritdoc/>
    public static string Typ => "access+jwt";

    /// <inheritdoc/>
    public static JsonTypeInfo<AccessAnswer> Json => DocumentJson.Default.AccessAnswer;

    /// <summary>The party that asked.</summary>
    public required string Caller { get; init; }

    /// <summary>The caller's nonce, 16 to 128 characters of base64url.</summary>
    public required string Nonce { get; init; }

    /// <summary>Answered at, Unix seconds.</summary>
    public required long At { get; init; }

    /// <summary>Good until at most, Unix seconds.</summary>
    public required long Until { get; init; }

    /// <summary>The lineage asked for.</summary>
    public required string Lineage { get; init; }

    /// <summary>The person asked for.</summary>
    public required string Sub { get; init; }

    /// <summary>Whether the person may enter.</summary>
    public required bool Allowed { get; init; }

    /// <summary>The newest version of the lineage; 0 where unknown.</summary>
    public required int Version { get; init; }

    string IDocument<AccessAnswer>.Use => KeyUses.Permit;

    string? IDocument<AccessAnswer>.Issuer => Parties.Permit;

    /// <inheritdoc/>
    public string? Fault() =>
        Rule.Broken(
            (Rule.IsParty(Caller), "caller is not a party id"),
            (Rule.IsNonce(Nonce), "nonce is not 16 to 128 characters of base64url"),
            (Rule.IsTime(At) && Rule.IsTime(Until) && At <= Until, "at and until are not in order"),
            (Rule.IsId(Lineage), "lineage is not an id"),
            (Rule.IsText(Sub, 200), "sub is empty or too long"),
            (Version >= (Allowed ? 1 : 0), "version is out of range")
        );
}
