using Npgsql;

namespace HealthDataNode.Edge.Sessions;

/// <summary>Deletes every ten minutes the sessions that have ended.</summary>
internal sealed class RemoveExpiredSessions(SessionStore sessions, TimeProvider time, ILogger<RemoveExpiredSessions> log)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(10), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await sessions.RemoveExpiredAsync(stoppingToken);
            }
            catch (NpgsqlException error)
            {
                log.LogWarning(error, "Ended sessions could not be removed; it is tried again.");
            }
        }
    }
}
