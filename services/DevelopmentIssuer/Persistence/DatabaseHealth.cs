using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthDataNode.DevelopmentIssuer.Persistence;

/// <summary>Healthy while the database answers.</summary>
internal sealed class DatabaseHealth(IssuerDbContext database) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        await database.Database.CanConnectAsync(cancellationToken)
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy("The database does not answer.");
}
