using System.Threading.RateLimiting;
using HealthDataNode.Protocol.Problems;

namespace HealthDataNode.ReferenceSpe.Door;

/// <summary>A bucket for each person at the door, and for each address of those who are nobody. The ingress has none:
/// its one caller is Gateway, and what it may send the seals and orders say.</summary>
internal static class DoorLimits
{
    private const int Seconds = 4;

    public static void Add(IServiceCollection services, IConfiguration configuration)
    {
        var perSecond = configuration.GetValue("Door:RequestsPerSecond", 50);
        services.AddRateLimiter(options =>
        {
            options.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context => Partition(context, perSecond));
            options.OnRejected = async (rejected, _) =>
            {
                rejected.HttpContext.Response.Headers.RetryAfter = "1";
                await ProtocolProblem
                    .Of(
                        ProblemTypes.Prefix + "too-many-requests",
                        StatusCodes.Status429TooManyRequests,
                        "Too many requests",
                        "Wait for as many seconds as Retry-After says."
                    )
                    .ToResult()
                    .ExecuteAsync(rejected.HttpContext);
            };
        });
    }

    private static RateLimitPartition<string> Partition(HttpContext context, int perSecond) =>
        context.Request.Path.StartsWithSegments("/ingress")
            ? RateLimitPartition.GetNoLimiter("ingress")
            : RateLimitPartition.GetTokenBucketLimiter(
                context.User.FindFirst("sub") is { } person ? $"sub:{person.Value}" : $"ip:{context.Connection.RemoteIpAddress}",
                _ => new TokenBucketRateLimiterOptions
                {
                    TokenLimit = perSecond * Seconds,
                    TokensPerPeriod = perSecond,
                    ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                    QueueLimit = 0,
                }
            );
}
