using System.Security.Claims;
using System.Threading.RateLimiting;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Problems;

namespace HealthDataNode.Edge.Proxy;

/// <summary>A bucket for each person, each machine, and each address of those who are nobody.</summary>
internal static class RateLimits
{
    public static void AddRateLimits(this IServiceCollection services) =>
        services.AddRateLimiter(options =>
        {
            options.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(Partition);
            options.OnRejected = async (rejected, _) =>
            {
                rejected.HttpContext.Response.Headers.RetryAfter = "1";
                await Problem
                    .Of(
                        StatusCodes.Status429TooManyRequests,
                        "too-many-requests",
                        "Too many requests",
                        "Wait for as many seconds as Retry-After says."
                    )
                    .ExecuteAsync(rejected.HttpContext);
            };
        });

    private static RateLimitPartition<string> Partition(HttpContext context) =>
        context.User switch
        {
            { Identity.IsAuthenticated: true } machine when machine.Party() is { } party => Bucket($"party:{party}", perSecond: 400),
            { Identity.IsAuthenticated: true } person => Bucket($"sub:{person.FindFirstValue("sub")}", perSecond: 50),
            _ => Bucket($"ip:{context.Connection.RemoteIpAddress}", perSecond: 100),
        };

    private static RateLimitPartition<string> Bucket(string key, int perSecond) =>
        RateLimitPartition.GetTokenBucketLimiter(
            key,
            _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = perSecond * 4,
                TokensPerPeriod = perSecond,
                ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                QueueLimit = 0,
            }
        );
}
