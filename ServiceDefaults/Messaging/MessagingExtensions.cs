using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace HealthDataNode.ServiceDefaults.Messaging;

/// <summary>Database and messaging of a service.</summary>
public static class MessagingExtensions
{
    /// <summary>
    /// The service's own context on its own database (<c>ConnectionStrings:name</c>), with its outbox; and, where it
    /// consumes anything, its inbox.
    /// </summary>
    public static WebApplicationBuilder AddDatabase<TContext>(
        this WebApplicationBuilder builder,
        string name,
        Action<Consumption>? consumes = null
    )
        where TContext : DbContext
    {
        var services = builder.Services;
        services.AddSingleton(provider =>
            NpgsqlDataSource.Create(
                provider.GetRequiredService<IConfiguration>().GetConnectionString(name)
                    ?? throw new InvalidOperationException($"ConnectionStrings__{name} is not set.")
            )
        );
        services.AddSingleton<OutboxSignal>();
        services.AddSingleton<OutboxSignalInterceptor>();
        services.AddDbContext<TContext>(
            (provider, options) =>
                options
                    .UseNpgsql(provider.GetRequiredService<NpgsqlDataSource>())
                    .UseSnakeCaseNamingConvention()
                    .AddInterceptors(provider.GetRequiredService<OutboxSignalInterceptor>())
        );
        services.AddScoped<IEventOutbox, EventOutbox<TContext>>();
        services.AddSingleton<IOutboxWriter, OutboxWriter>();
        services.AddSingleton<Broker>();
        services.AddHostedService<OutboxDispatcher>();
        services.AddSingleton<OutboxHealth>();
        services.AddHealthChecks().AddCheck<DatabaseHealth>("database").AddCheck<OutboxHealth>("messages");
        if (consumes is not null)
        {
            var consumption = new Consumption();
            consumes(consumption);
            services.AddSingleton(consumption);
            consumption.HandlerTypes.ForEach(handler => services.AddScoped(handler));
            services.AddHostedService<EventConsumer<TContext>>();
        }
        return builder;
    }
}

internal sealed class DatabaseHealth(NpgsqlDataSource database) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await using var ping = database.CreateCommand("SELECT 1");
            await ping.ExecuteScalarAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            return HealthCheckResult.Unhealthy($"database: {exception.GetType().Name}");
        }
    }
}
