using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using HealthDataNode.Protocol.Oidc;
using Npgsql;

namespace HealthDataNode.Stack.Tests;

/// <summary>
/// One stack for all tests: the whole node as `./run` starts it, in a DIR of its own under the test results, ended and
/// waited for at the end. Where a program that it needs is not installed, each test is skipped and says which.
/// </summary>
public sealed class Stack : IAsyncLifetime
{
    private const int Persons = 2000;
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(5);
    private readonly Collector collector = new();
    private readonly SemaphoreSlim oneJourney = new(1);
    private readonly Lazy<Task<FinishedJourney>> first;
    private Process? process;
    private RecordingProxy? road;

    public Stack() => first = new(() => PlayAsync());

    /// <summary>DIR.</summary>
    internal string Data { get; } =
        Path.Combine(Environment.GetEnvironmentVariable("HDN_TEST_RESULTS") ?? Repository.In(".data", "test-results"), "stack");

    internal Collector Telemetry => collector;

    internal Uri Edge => new((string)State()["edge"]!);

    /// <summary>Between everybody outside and the Edge.</summary>
    internal RecordingProxy Road => road!;

    internal Uri Issuer => new((string)State()["issuer"]!);

    /// <summary>The journey that the tests share which only look; whoever asks first starts it.</summary>
    internal Task<FinishedJourney> FirstJourney => first.Value;

    public async ValueTask InitializeAsync()
    {
        if (Programs.Missing is not null)
        {
            return;
        }
        if (Directory.Exists(Data))
        {
            Directory.Delete(Data, recursive: true);
        }
        Directory.CreateDirectory(In("tmp", "apphost"));
        await collector.StartAsync();
        var (made, _) = await Programs.RunAsync(
            Repository.Program("tests/SyntheticRegisters"),
            ["generate", "--persons", $"{Persons}", "--seed", "1", "--out", In("holder")]
        );
        Assert.Equal(0, made);
        var (issued, said) = await Programs.RunAsync(Repository.Program("services/Setup"), ["certificate", "localhost", "--data", Data]);
        Assert.True(issued == 0, said);
        road = new(In("ca"), Data + "-road", () => Edge);
        await road.StartAsync();
        process = await Programs.StartOwnedAsync(
            Repository.AppHost,
            ["--data", Data, "--via", road.Address.AbsoluteUri.TrimEnd('/'), "--tap", "true"],
            new()
            {
                ["TMPDIR"] = In("tmp", "apphost"),
                ["DOTNET_ENVIRONMENT"] = "Development",
                ["KEYCLOAK_HOME"] = "", // some tests know the development issuer's keys
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address,
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            }
        );
        await Eventually.TrueAsync("the stack to be healthy", StartLimit, () => process.HasExited || File.Exists(In("control", "healthy")));
        Assert.False(process.HasExited, $"The stack ended with exit code {(process.HasExited ? process.ExitCode : 0)}.");
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            await Programs.EndAsync(process);
            process.Dispose();
            Afterwards.DatabaseEndedByItself(this);
            await Afterwards.AuditVerifiesAtRestAsync(this);
        }
        if (road is not null)
        {
            await road.DisposeAsync();
        }
        oneJourney.Dispose();
        await collector.DisposeAsync();
    }

    /// <summary>Skips the test where the stack cannot run.</summary>
    internal static void SkipWhereItCannotRun() => Assert.SkipWhen(Programs.Missing is not null, Programs.Missing ?? "");

    internal string In(params string[] parts) => Path.Combine([Data, .. parts]);

    /// <summary>A whole journey with a new permit; <paramref name="meanwhile"/> is done while it runs.</summary>
    internal async Task<FinishedJourney> PlayAsync(Func<RunningJourney, Task>? meanwhile = null)
    {
        await oneJourney.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            using var journey = RunningJourney.Start(this);
            if (meanwhile is not null)
            {
                await meanwhile(journey);
            }
            return await journey.EndAsync();
        }
        finally
        {
            oneJourney.Release();
        }
    }

    /// <summary>The Ledger over every room of DIR: 0 where all agrees.</summary>
    internal async Task<(int ExitCode, string Output)> LedgerAsync() =>
        await Programs.RunAsync(Repository.Program("tests/Ledger"), ["--data", Data, "--report", In("journey.json")]);

    /// <summary>SIGKILL to the server itself, whatever launched it.</summary>
    internal void Kill(string name)
    {
        using var victim = Process.GetProcessById((int)Resource(name)["pid"]!);
        victim.Kill();
        victim.WaitForExit(TimeSpan.FromSeconds(10));
    }

    /// <summary>`./run start NAME`, as an operator would.</summary>
    internal async Task StartAgainAsync(string name)
    {
        var (exitCode, output) = await Programs.RunAsync(Repository.In("run"), ["start", name, "--data", Data]);
        Assert.True(exitCode == 0, output);
    }

    internal IEnumerable<string> Resources() => State()["resources"]!.AsArray().Select(resource => (string)resource!["name"]!);

    internal JsonNode Resource(string name) => State()["resources"]!.AsArray().Single(resource => (string)resource!["name"]! == name)!;

    internal Uri UrlOf(string name) => new((string)Resource(name)["url"]!);

    internal string Secret(string name) => File.ReadAllText(In("secrets", name));

    /// <summary>A client that trusts the local authority, keeps cookies and follows redirects.</summary>
    internal HttpClient Client(Uri? place = null) => new(new Trusting(In("ca", "ca.pem"))) { BaseAddress = place ?? Edge };

    /// <summary>A client of a machine at the Edge.</summary>
    internal async Task<HttpClient> MachineAsync(string party, string audience)
    {
        var client = Client();
        client.DefaultRequestHeaders.Authorization = new("Bearer", await MachineTokenAsync(party, audience));
        return client;
    }

    internal async Task<string> MachineTokenAsync(string party, string audience)
    {
        using var client = Client();
        var identity = new MachineIdentity(
            $"{Issuer.AbsoluteUri.TrimEnd('/')}/realms/health-data-node",
            party,
            In("keys", party, "client.pem")
        );
        using var tokens = new MachineTokenSource(client, identity);
        return await tokens.TokenAsync(audience, TestContext.Current.CancellationToken);
    }

    /// <summary>A person who has signed in, at the Edge unless another place is named.</summary>
    internal async Task<Person> SignInAsync(string name, Uri? place = null)
    {
        var people = JsonNode.Parse(await File.ReadAllTextAsync(In("people.json")))!;
        return await Person.SignInAsync(Client(place), name, (string)people[name]!["password"]!);
    }

    /// <summary>A connection as the superuser, who sees what no service may.</summary>
    internal async Task<NpgsqlConnection> DatabaseAsync(string name)
    {
        var connection = new NpgsqlConnection(
            $"Host=127.0.0.1;Port={UrlOf("postgres").Port};Username=postgres;Password={Secret("postgres")};Database={name};Pooling=false"
        );
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        return connection;
    }

    internal async Task<T> ScalarAsync<T>(string database, string sql)
    {
        await using var connection = await DatabaseAsync(database);
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    private JsonNode State() => JsonNode.Parse(File.ReadAllText(In("stack.json")))!;

    private sealed class Trusting : HttpClientHandler
    {
        private readonly X509Certificate2Collection authority = [];

        public Trusting(string file)
        {
            authority.ImportFromPemFile(file);
            ServerCertificateCustomValidationCallback = (_, certificate, _, _) => IsOurs(certificate);
        }

        private bool IsOurs(X509Certificate2? certificate)
        {
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(authority);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            return certificate is not null && chain.Build(certificate) && certificate.MatchesHostname("localhost");
        }
    }
}

/// <summary>All tests of the stack share it, one after another.</summary>
[CollectionDefinition(nameof(StackCollection))]
public sealed class StackCollection : ICollectionFixture<Stack>;
