using HealthDataNode.DevelopmentIssuer.Persistence;
using HealthDataNode.DevelopmentIssuer.Realm;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;

namespace HealthDataNode.DevelopmentIssuer.Sessions;

/// <summary>Removes every hour what no token, session or assertion needs any more.</summary>
internal sealed class PruneExpired(IServiceScopeFactory scopes, LoadedRealm realm, TimeProvider time, ILogger<PruneExpired> log)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await PruneAsync(stoppingToken);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                log.LogWarning(error, "Pruning failed; it is tried again in an hour.");
            }
        }
    }

    private async Task PruneAsync(CancellationToken cancellation)
    {
        await using var scope = scopes.CreateAsyncScope();
        var services = scope.ServiceProvider;
        var now = time.GetUtcNow();
        var threshold = now - realm.SessionLifetime - TimeSpan.FromHours(1);
        await services.GetRequiredService<IOpenIddictTokenManager>().PruneAsync(threshold, cancellation);
        await services.GetRequiredService<IOpenIddictAuthorizationManager>().PruneAsync(threshold, cancellation);
        var database = services.GetRequiredService<IssuerDbContext>();
        await database.UsedAssertions.Where(row => row.ExpiresAt < now).ExecuteDeleteAsync(cancellation);
        await database.Sessions.Where(row => row.StartedAt < threshold).ExecuteDeleteAsync(cancellation);
    }
}
