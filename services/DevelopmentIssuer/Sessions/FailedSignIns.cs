using System.Threading.RateLimiting;
using HealthDataNode.DevelopmentIssuer.Realm;

namespace HealthDataNode.DevelopmentIssuer.Sessions;

/// <summary>Counts wrong passwords per user name: after the realm's <c>failureFactor</c> a minute's rest.</summary>
internal sealed class FailedSignIns(LoadedRealm realm) : IDisposable
{
    private readonly PartitionedRateLimiter<string> attempts = PartitionedRateLimiter.Create<string, string>(username =>
        RateLimitPartition.GetFixedWindowLimiter(
            username.ToLowerInvariant(),
            _ => new FixedWindowRateLimiterOptions { PermitLimit = Math.Max(1, realm.FailureFactor), Window = TimeSpan.FromMinutes(1) }
        )
    );

    public bool TooMany(string username)
    {
        using var lease = attempts.AttemptAcquire(username, permitCount: 0);
        return !lease.IsAcquired;
    }

    public void Count(string username) => attempts.AttemptAcquire(username).Dispose();

    public void Dispose() => attempts.Dispose();
}
