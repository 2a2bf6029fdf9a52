using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HealthDataNode.ReferenceSpe.Airlock.Alone;

namespace HealthDataNode.Services.Tests.ReferenceSpe;

/// <summary>
/// The airlock beside a foreign SPE as its operator starts it: the command and the variables of
/// architecture-docs/integrate-an-spe.md.
/// </summary>
public sealed class Starting_the_airlock : IAsyncLifetime
{
    private readonly SpeWorld world = new();
    private readonly string folder = Directory.CreateTempSubdirectory("hdn-airlock-").FullName;
    private readonly TaskCompletionSource<Uri> listens = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Process airlock = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(
            DateTimeOffset.UtcNow.AddDays(-1),
            DateTimeOffset.UtcNow.AddDays(1)
        );
        File.WriteAllText(Path.Combine(folder, "tls.crt"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "tls.key"), key.ExportPkcs8PrivateKeyPem());
        var start = new ProcessStartInfo("dotnet", [typeof(AirlockProgram).Assembly.Location, "airlock"]) { RedirectStandardOutput = true };
        foreach (
            var (name, value) in new Dictionary<string, string>(world.Settings)
            {
                ["Party:Id"] = SpeWorld.Spe,
                ["Party:Keys"] = world.KeysOf(SpeWorld.Spe),
                ["Keycloak:AuthServerUrl"] = "https://localhost:9",
                ["Keycloak:Realm"] = "health-data-node",
                ["Node:Edge"] = "https://localhost:9",
                ["Door:Url"] = "https://localhost:7",
                ["Data:Directory"] = Path.Combine(folder, "data"),
                ["Rooms:Directory"] = Directory.CreateDirectory(Path.Combine(folder, "rooms")).FullName,
                ["ASPNETCORE_URLS"] = "https://127.0.0.1:0",
                ["Kestrel:Certificates:Default:Path"] = Path.Combine(folder, "tls.crt"),
                ["Kestrel:Certificates:Default:KeyPath"] = Path.Combine(folder, "tls.key"),
            }
        )
        {
            start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        airlock = new Process { StartInfo = start };
        airlock.OutputDataReceived += (_, line) =>
        {
            if (line.Data?.Split("Now listening on: ") is [_, var address])
            {
                listens.TrySetResult(new Uri(address.TrimEnd('"', '}')));
            }
        };
        airlock.Start();
        airlock.BeginOutputReadLine();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (!airlock.HasExited)
        {
            airlock.Kill(entireProcessTree: true);
        }

        airlock.Dispose();
        await world.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    [Trait("Article", "EHDS 73(2)")]
    public async Task Answers_at_its_door_and_ends_when_it_is_told_to()
    {
        var door = await listens.Task.WaitAsync(TimeSpan.FromSeconds(60), Cancel);
        using var handler = new HttpClientHandler();
        handler.ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator;
        using var anybody = new HttpClient(handler) { BaseAddress = door };
        Assert.Equal("Healthy", await anybody.GetStringAsync(new Uri("/alive", UriKind.Relative), Cancel));
        using var answer = await anybody.GetAsync(new Uri("/v1/outputs", UriKind.Relative), Cancel);
        Assert.Equal((401, "unauthenticated"), await SpeRoom.ProblemAsync(answer));

        using (var stop = Process.Start("kill", ["-TERM", $"{airlock.Id}"]))
        {
            await stop.WaitForExitAsync(Cancel);
        }

        await airlock.WaitForExitAsync(Cancel).WaitAsync(TimeSpan.FromSeconds(60), Cancel);
        Assert.Equal(0, airlock.ExitCode);
    }
}
