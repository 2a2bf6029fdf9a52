namespace HealthDataNode.Pseudonymisation.Domain;

/// <summary>
/// How long a permit key may live: until the SPE's proof of deletion, since significant findings are told to persons
/// through it (EHDS 58(3)), and at most six months after the permit's end.
/// </summary>
internal static class KeyTerm
{
    private const int Months = 6;

    /// <summary>When the permit ended; null where it has not.</summary>
    /// <param name="revokedAt">When it was revoked.</param>
    /// <param name="endsAt">When it ends by its own words.</param>
    /// <param name="now">Now.</param>
    public static DateTimeOffset? EndOf(DateTimeOffset? revokedAt, DateTimeOffset? endsAt, DateTimeOffset now) =>
        revokedAt is { } revoked && (endsAt is null || revoked < endsAt) ? revoked
        : endsAt <= now ? endsAt
        : null;

    /// <summary>Whether the key should have been shredded by now.</summary>
    public static bool IsOver(DateTimeOffset? revokedAt, DateTimeOffset? endsAt, DateTimeOffset now) =>
        EndOf(revokedAt, endsAt, now)?.AddMonths(Months) <= now;
}
