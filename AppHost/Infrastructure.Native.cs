using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthDataNode.AppHost;

/// <summary>PostgreSQL, RabbitMQ and Keycloak as programs installed on the machine, behind the launchers in native/. Run mode only.</summary>
internal static class NativeInfrastructure
{
    private static readonly byte[] AmqpHeader = [.. "AMQP"u8, 0, 0, 9, 1];

    public static IResourceBuilder<NativePostgres> AddNativePostgres(this IDistributedApplicationBuilder builder, Node node)
    {
        node.Secret("postgres");
        var password = builder.AddParameter("postgres-password", () => node.Secret("postgres"), secret: true);
        var server = new NativePostgres(Path.Combine(node.Launchers, "postgres"), node.Directory, password.Resource);
        return builder
            .AddResource(server)
            .WithArgs(node.Directory)
            .WithEndpoint(name: "tcp", scheme: "tcp", isProxied: false, env: "PGPORT")
            .WithReadinessCheck(new ServerProbe(server.Endpoint, StartupMessage(), answer: (byte)'R', everyTime: true));
    }

    public static IResourceBuilder<NativeRabbitMQ> AddNativeRabbitMQ(this IDistributedApplicationBuilder builder, Node node)
    {
        node.Secret("rabbitmq");
        var password = builder.AddParameter("rabbitmq-password", () => node.Secret("rabbitmq"), secret: true);
        var server = new NativeRabbitMQ(Path.Combine(node.Launchers, "rabbitmq"), node.Directory, password.Resource);
        return builder
            .AddResource(server)
            .WithArgs(node.Directory)
            .WithEndpoint(name: "tcp", scheme: "tcp", isProxied: false, env: "RABBITMQ_NODE_PORT")
            .WithEndpoint(name: "dist", scheme: "tcp", isProxied: false, env: "RABBITMQ_DIST_PORT")
            // A probe that says hello and hangs up is a warning in RabbitMQ's log: once is enough.
            .WithReadinessCheck(new ServerProbe(server.Endpoint, AmqpHeader, answer: 1, everyTime: false));
    }

    /// <summary>The Keycloak of <see cref="Node.KeycloakHome"/>: the realm that Setup filled, on the issuer's port.</summary>
    public static IResourceBuilder<NativeKeycloak> AddNativeKeycloak(
        this IDistributedApplicationBuilder builder,
        Node node,
        IResourceBuilder<NativePostgres> database
    )
    {
        node.Secret("keycloak-admin");
        var port = database.Resource.Endpoint.Property(EndpointProperty.Port);
        return builder
            .AddResource(new NativeKeycloak(Path.Combine(node.Launchers, "keycloak"), node.Directory))
            .WithArgs(node.Directory)
            .WithEnvironment("KEYCLOAK_HOME", node.KeycloakHome)
            .WithEnvironment("PGPORT", ReferenceExpression.Create($"{port}"))
            .WithEndpoint(port: node.Port("issuer"), scheme: "https", name: "https", isProxied: false, env: "KC_PORT")
            .WithSecureHealthCheck(node, "/realms/health-data-node/.well-known/openid-configuration");
    }

    /// <summary>A service's database. Setup makes it and both its roles from the passwords that are put into DIR here.</summary>
    public static IResourceBuilder<ConnectionStringResource> AddServiceDatabase(
        this IDistributedApplicationBuilder builder,
        Node node,
        IResourceBuilder<NativePostgres> server,
        string name
    )
    {
        node.Secret($"{name}-owner-db");
        node.Secret($"{name}-db");
        var password = builder.AddParameter($"{name}-password", () => node.Secret($"{name}-db"), secret: true);
        var endpoint = server.Resource.Endpoint;
        return builder.AddConnectionString(
            $"{name}-db",
            ReferenceExpression.Create(
                $"Host=127.0.0.1;Port={endpoint.Property(EndpointProperty.Port)};Username={name};Password={password};Database={name};Maximum Pool Size=15"
            )
        );
    }

    private static IResourceBuilder<T> WithReadinessCheck<T>(this IResourceBuilder<T> builder, ServerProbe probe)
        where T : IResource
    {
        var key = builder.Resource.Name + "_ready";
        builder.ApplicationBuilder.Services.AddHealthChecks().Add(new HealthCheckRegistration(key, probe, failureStatus: null, tags: null));
        return builder.WithHealthCheck(key);
    }

    /// <summary>The first message of PostgreSQL's protocol 3.0; a server that is ready asks for the password ('R').</summary>
    private static byte[] StartupMessage()
    {
        byte[] body = [0, 3, 0, 0, .. "user\0postgres\0database\0postgres\0\0"u8];
        return [0, 0, 0, (byte)(body.Length + 4), .. body];
    }
}

/// <summary>PostgreSQL; its connection string is the superuser's, which Setup alone is given.</summary>
internal sealed class NativePostgres(string launcher, string directory, ParameterResource password)
    : ExecutableResource("postgres", launcher, directory),
        IResourceWithConnectionString
{
    public EndpointReference Endpoint => this.GetEndpoint("tcp");

    public ReferenceExpression ConnectionStringExpression =>
        ReferenceExpression.Create($"Host=127.0.0.1;Port={Endpoint.Property(EndpointProperty.Port)};Username=postgres;Password={password}");
}

/// <summary>RabbitMQ; its connection string is an `amqp` address.</summary>
internal sealed class NativeRabbitMQ(string launcher, string directory, ParameterResource password)
    : ExecutableResource("rabbitmq", launcher, directory),
        IResourceWithConnectionString
{
    public EndpointReference Endpoint => this.GetEndpoint("tcp");

    public ReferenceExpression ConnectionStringExpression =>
        ReferenceExpression.Create($"amqp://node:{password:uri}@127.0.0.1:{Endpoint.Property(EndpointProperty.Port)}");
}

/// <summary>Keycloak, which has a listener and no connection string.</summary>
internal sealed class NativeKeycloak(string launcher, string directory) : ExecutableResource("keycloak", launcher, directory);

/// <summary>Healthy when the server answers the first bytes of its protocol.</summary>
internal sealed class ServerProbe(EndpointReference endpoint, byte[] hello, byte answer, bool everyTime) : IHealthCheck
{
    private bool answered;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        // Aspire asks ever more seldom while a server starts, so the check itself is patient.
        var end = DateTimeOffset.UtcNow.AddSeconds(15);
        while (true)
        {
            try
            {
                return await ProbeAsync(cancellationToken);
            }
            catch (Exception fault) when (fault is SocketException or IOException && !answered && DateTimeOffset.UtcNow < end)
            {
                await Task.Delay(200, cancellationToken);
            }
        }
    }

    private async Task<HealthCheckResult> ProbeAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(3));
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", endpoint.Port, limit.Token);
        if (answered && !everyTime)
        {
            return HealthCheckResult.Healthy();
        }
        var stream = client.GetStream();
        await stream.WriteAsync(hello, limit.Token);
        var first = new byte[1];
        await stream.ReadExactlyAsync(first, limit.Token);
        if (first[0] != answer)
        {
            throw new IOException($"answered {first[0]}");
        }
        answered = true;
        return HealthCheckResult.Healthy();
    }
}
