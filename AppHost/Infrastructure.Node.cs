using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text.Json;

// Linux, or WSL2 on Windows.
[assembly: SupportedOSPlatform("linux")]

namespace HealthDataNode.AppHost;

/// <summary>DIR of `--data`: what the composition itself keeps there, and the paths that services are told.</summary>
internal sealed class Node
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly Dictionary<string, int> ports = [];

    public Node(IDistributedApplicationBuilder builder)
    {
        Environment = builder.Environment.EnvironmentName;
        Directory = Path.GetFullPath(builder.Configuration["data"] ?? Path.Combine(builder.AppHostDirectory, "..", ".data"));
        Launchers = Path.Combine(builder.AppHostDirectory, "native");
        Tap = builder.Configuration["tap"] is "true";
        KeycloakHome = builder.Configuration["KEYCLOAK_HOME"] is { Length: > 0 } home ? home : null;
        Create("secrets");
        ReadPorts();
        Issuer = $"https://localhost:{Port("issuer")}";
        Edge = $"https://localhost:{Port("edge")}";
        Door = $"https://localhost:{Port("referencespe")}";
        EdgeFromOutside = builder.Configuration["via"] ?? Edge;
    }

    public string Environment { get; }
    public string Directory { get; }
    public string Launchers { get; }

    /// <summary>Whether Pseudonymisation writes permit keys to DIR/tap too (development builds, `--tap`).</summary>
    public bool Tap { get; }

    /// <summary>Where a Keycloak is unpacked (KEYCLOAK_HOME); null: the development issuer.</summary>
    public string? KeycloakHome { get; }

    /// <summary>The identity provider's base address; part of `iss`, so it stays the same for a DIR.</summary>
    public string Issuer { get; }

    /// <summary>The Edge's address.</summary>
    public string Edge { get; }

    /// <summary>The SPE's ingress and door.</summary>
    public string Door { get; }

    /// <summary>The address by which parties outside reach the Edge: `--via`, else the Edge's own.</summary>
    public string EdgeFromOutside { get; }

    public string Authority => In("ca", "ca.pem");

    public string In(params string[] parts) => Path.Combine([Directory, .. parts]);

    /// <summary>A folder under DIR that exists from now on, closed to others.</summary>
    public string Create(params string[] parts) =>
        System.IO.Directory.CreateDirectory(In(parts), OwnerOnly | UnixFileMode.UserExecute).FullName;

    /// <summary>A listener's port: free when first asked for, the same ever after.</summary>
    public int Port(string listener)
    {
        if (!ports.TryGetValue(listener, out var port))
        {
            port = Free();
            ports[listener] = port;
            WriteWhole(In("ports.json"), JsonSerializer.Serialize(ports));
        }
        return port;
    }

    /// <summary>A password: 24 random bytes, made once, readable by the owner alone.</summary>
    public string Secret(string name)
    {
        var file = In("secrets", name);
        if (!File.Exists(file))
        {
            WriteWhole(file, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24)));
        }
        return File.ReadAllText(file);
    }

    private void ReadPorts()
    {
        if (!File.Exists(In("ports.json")))
        {
            return;
        }
        foreach (var (name, port) in JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllText(In("ports.json")))!)
        {
            ports[name] = port;
        }
    }

    private int Free()
    {
        while (true)
        {
            // Below the kernel's range for outgoing connections, which would take it away while the stack is down.
            var port = RandomNumberGenerator.GetInt32(10_000, 32_768);
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
            }
            catch (SocketException)
            {
                continue;
            }
            if (!ports.ContainsValue(port))
            {
                return port;
            }
        }
    }

    private static void WriteWhole(string file, string text)
    {
        using (
            var stream = new FileStream(
                file + ".new",
                new FileStreamOptions
                {
                    Mode = FileMode.Create,
                    Access = FileAccess.Write,
                    UnixCreateMode = OwnerOnly,
                }
            )
        )
        using (var writer = new StreamWriter(stream))
        {
            writer.Write(text);
        }
        File.Move(file + ".new", file, overwrite: true);
    }
}
