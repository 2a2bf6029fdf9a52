namespace HealthDataNode.Setup;

/// <summary>Where Setup works and with what; from Aspire-shaped variables.</summary>
/// <param name="Postgres">The superuser's connection string; no service ever has it.</param>
/// <param name="RabbitMq">AMQP address of the broker.</param>
/// <param name="Directory">The node's data directory (DIR).</param>
/// <param name="Issuer">Base address of the identity provider.</param>
/// <param name="Edge">The Edge's public address.</param>
/// <param name="Door">The reference SPE's door.</param>
/// <param name="Citizens">Who of the realm's citizens has which person number; null where nobody is enrolled.</param>
internal sealed record SetupOptions(
    string Postgres,
    string RabbitMq,
    string Directory,
    string Issuer,
    string Edge,
    string Door,
    string? Citizens = null
)
{
    public static SetupOptions FromEnvironment() =>
        new(
            Required("ConnectionStrings__postgres"),
            Required("ConnectionStrings__rabbitmq"),
            Required("Data__Directory"),
            Required("Keycloak__AuthServerUrl"),
            Required("Node__Edge"),
            Required("Node__Door"),
            Environment.GetEnvironmentVariable("Citizens__File")
        );

    public string Path(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Directory, .. parts]);

    public string Secret(string name)
    {
        var file = Path("secrets", name);
        return File.Exists(file)
            ? File.ReadAllText(file).Trim()
            : throw new SetupException($"{file} is missing: the AppHost makes it before anything starts.");
    }

    private static string Required(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value
            ? value
            : throw new SetupException($"{name} is not set. Setup is started by the AppHost; see services/Setup/README.md.");
}

/// <summary>Setup cannot go on; the message says what to do.</summary>
internal sealed class SetupException(string message) : Exception(message);
