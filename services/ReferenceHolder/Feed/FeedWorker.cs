using HealthDataNode.Protocol.Problems;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthDataNode.ReferenceHolder.Feed;

/// <summary>
/// The population register (NOR-42): looks once a second for new lines in its file and feeds them to the node. It is
/// healthy once all of the file has been taken: what is decided before knows too little.
/// </summary>
public sealed partial class FeedWorker(SendChanges send, ILogger<FeedWorker> logger) : BackgroundService, IHealthCheck
{
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Starting = TimeSpan.FromSeconds(0.5);

    private volatile bool caughtUp;

    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(caughtUp ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("feed: not all of the file is sent"));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var wait = Round;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await send.RunAsync(stoppingToken);
                caughtUp = true;
                wait = Round;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // Never the exception's own text, but ours, which says nothing of a line.
                NotNow(exception is InvalidDataException or ProtocolProblemException ? exception.Message : exception.GetType().Name);
                // Before the first success the node is most likely still starting: nobody shall wait for us longer than for it.
                wait =
                    !caughtUp ? Starting
                    : wait * 2 < LongestPause ? wait * 2
                    : LongestPause;
            }
            await Task.Delay(wait, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The feed waits: {Reason}")]
    private partial void NotNow(string reason);
}
