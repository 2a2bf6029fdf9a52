using System.Text.Json.Serialization.Metadata;

namespace HealthDataNode.Protocol.Documents;

/// <summary>SpeRegistry answers which SPEs are approved now: a lease for the one who asked, never stored.</summary>
public sealed record SpeState : IDocument<SpeState>
{
    /// <inheritdoc/>
    public static string Typ => "spe-state+jwt";

    /// <inheritdoc/>
    public static JsonTypeInfo<SpeState> Json => DocumentJson.Default.SpeState;

    /// <summary>The party that asked.</summary>
    public required string Caller { get; init; }

    /// <summary>The caller's nonce, 16 to 128 characters of base64url.</summary>
    public required string Nonce { get; init; }

    /// <summary>Answered at, Unix seconds.</summary>
    public required long At { get; init; }

    /// <summary>Good until at most, Unix seconds; the receiver counts from when it asked, by its own clock.</summary>
    public required long Until { get; init; }

    /// <summary>One entry for each party asked for.</summary>
    public required IReadOnlyList<SpeStatus> States { get; init; }

    string IDocument<SpeState>.Use => KeyUses.SpeRegistry;

    string? IDocument<SpeState>.Issuer => Parties.SpeRegistry;

    /// <inheritdoc/>
    public string? Fault() =>
        Rule.Broken(
            (Rule.IsParty(Caller), "caller is not a party id"),
            (Rule.IsNonce(Nonce), "nonce is not 16 to 128 characters of base64url"),
            (Rule.IsTime(At) && Rule.IsTime(Until) && At <= Until, "at and until are not in order"),
            (States.All(s => s is not null && s.IsSound()), "a state is not sound"),
            (Rule.AreUnique(States.Select(s => s?.Party)), "states names a party twice")
        );
}

/// <summary>The status of one SPE.</summary>
/// <param name="Party">Its party id.</param>
/// <param name="Version">How often its status or declaration has changed, from 1; 0 where unknown.</param>
/// <param name="Status">One of <see cref="SpeStatuses"/>.</param>
public sealed record SpeStatus(string Party, int Version, string Status)
{
    internal bool IsSound() =>
        Rule.IsParty(Party) && Rule.IsOneOf(Status, SpeStatuses.All) && (Status == SpeStatuses.Unknown ? Version == 0 : Version >= 1);
}

/// <summary>The statuses of an SPE (EHDS Article 73).</summary>
public static class SpeStatuses
{
    /// <summary>Approved, and the approval has not run out.</summary>
    public const string Approved = "approved";

    /// <summary>Suspended: what runs waits until it is approved again.</summary>
    public const string Suspended = "suspended";

    /// <summary>The approval has run out, or was never given: what runs waits until it is approved.</summary>
    public const string Lapsed = "lapsed";

    /// <summary>SpeRegistry knows no such party.</summary>
    public const string Unknown = "unknown";

    /// <summary>Every status.</summary>
    public static IReadOnlyList<string> All { get; } = [Approved, Suspended, Lapsed, Unknown];
}
