using HealthDataNode.Protocol.Leases;

namespace HealthDataNode.ReferenceSpe;

/// <summary>What this SPE is told from outside; a missing value stops the start with its name.</summary>
internal sealed record SpeOptions
{
    /// <summary>Party id, which is the audience of the ingress and the client id at the issuer.</summary>
    public required string Party { get; init; }

    /// <summary>The party's key directory: <c>sign-N.pem</c>, <c>encryption-N.key</c>, <c>client.pem</c>.</summary>
    public required string Keys { get; init; }

    /// <summary>The node's public address.</summary>
    public required Uri Edge { get; init; }

    /// <summary>This SPE's own public address: ingress and door.</summary>
    public required Uri Door { get; init; }

    /// <summary>Workspaces, one folder each, and the state of the SPE itself.</summary>
    public required string Data { get; init; }

    /// <summary>The issuer that people and machines have their tokens from.</summary>
    public required string Issuer { get; init; }

    /// <summary>As the registry shows it.</summary>
    public required string Name { get; init; }

    /// <summary>Organisation number of who runs it.</summary>
    public required string Org { get; init; }

    /// <summary>How long an answer to a lease or an access check is good at most, from when it was asked for.</summary>
    public required TimeSpan LeaseTime { get; init; }

    /// <summary>How long a job may run.</summary>
    public required TimeSpan JobTime { get; init; }

    /// <summary>Memory of a job, MiB.</summary>
    public required int JobMegabytes { get; init; }

    /// <summary>The largest result, MiB.</summary>
    public required int ResultMegabytes { get; init; }

    /// <summary>From so many bytes of results on no job of the room begins.</summary>
    public required long RoomBytes { get; init; }

    /// <summary>What shuts jobs in.</summary>
    public required string Bubblewrap { get; init; }

    /// <summary>Jobs at a time.</summary>
    public required int JobsAtOnce { get; init; }

    /// <summary>Whether audit entries bear this party's running number.</summary>
    public required bool NumbersEntries { get; init; }

    public static SpeOptions From(IConfiguration configuration) =>
        new()
        {
            Party = Required(configuration, "Party:Id"),
            Keys = Required(configuration, "Party:Keys"),
            Edge = Address(configuration, "Node:Edge"),
            Door = Address(configuration, "Door:Url"),
            Data = Path.GetFullPath(Required(configuration, "Data:Directory")),
            Issuer = $"{Required(configuration, "Keycloak:AuthServerUrl").TrimEnd('/')}/realms/{Required(configuration, "Keycloak:Realm")}",
            Name = configuration["Party:Name"] ?? "Reference SPE",
            Org = configuration["Party:Org"] ?? "999000201",
            LeaseTime = TimeSpan.FromSeconds(configuration.GetValue("Leases:Seconds", LeaseBook.Usual.TotalSeconds)),
            JobTime = TimeSpan.FromSeconds(configuration.GetValue("Jobs:Seconds", 300.0)),
            JobMegabytes = configuration.GetValue("Jobs:MemoryMegabytes", 1024),
            ResultMegabytes = configuration.GetValue("Jobs:ResultMegabytes", 1024),
            RoomBytes = configuration.GetValue("Jobs:RoomMegabytes", 10_240L) << 20,
            Bubblewrap = configuration["Jobs:Bubblewrap"] ?? "/usr/bin/bwrap",
            NumbersEntries = configuration.GetValue("Audit:Numbered", true),
            JobsAtOnce = Math.Clamp(configuration.GetValue("Jobs:AtOnce", 1), 1, 8),
        };

    private static string Required(IConfiguration configuration, string key) =>
        configuration[key] is { Length: > 0 } value
            ? value
            : throw new InvalidOperationException($"{key.Replace(":", "__", StringComparison.Ordinal)} is not set.");

    private static Uri Address(IConfiguration configuration, string key) =>
        Uri.TryCreate(Required(configuration, key).TrimEnd('/') + "/", UriKind.Absolute, out var address)
            ? address
            : throw new InvalidOperationException($"{key.Replace(":", "__", StringComparison.Ordinal)} is not an address.");
}
