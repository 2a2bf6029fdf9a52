using System.Security.Cryptography;
using System.Text.Json.Nodes;
using HealthDataNode.Services.Tests.Messaging;
using HealthDataNode.Setup;
using Npgsql;
using RabbitMQ.Client;

namespace HealthDataNode.Services.Tests.Setup;

/// <summary>Setup's steps with a real PostgreSQL of their own (the stack's launcher) and a real RabbitMQ.</summary>
[Collection(RabbitMqFixture.Users)]
public sealed class Setting_up_a_node(RabbitMqFixture rabbitMq) : IAsyncLifetime
{
    private static readonly Func<SetupOptions, Task>[] Steps =
    [
        place => Task.Run(() => CertificateAuthority.Prepare(place)),
        place => Task.Run(() => KeyCeremony.Hold(place)),
        place => Task.Run(() => Realm.Fill(place)),
        Databases.PrepareAsync,
        Schemas.ApplyAsync,
        Topology.DeclareAsync,
    ];
    private static readonly string[] Folders = ["ca", "keys", "realm"];
    private readonly string directory = Directory.CreateTempSubdirectory("hdn-setup-").FullName;
    private SetupOptions place = null!;
    private NativePostgres server = null!;

    public async ValueTask InitializeAsync()
    {
        server = new NativePostgres(directory);
        var broker = await rabbitMq.UriAsync();
        var secrets = Directory.CreateDirectory(Path.Combine(directory, "secrets")).FullName;
        foreach (
            var name in Schemas.Databases.SelectMany(database => new[] { $"{database}-owner-db", $"{database}-db" }).Append("postgres")
        )
        {
            await File.WriteAllTextAsync(Path.Combine(secrets, name), RandomNumberGenerator.GetHexString(32));
        }
        place = new SetupOptions(
            server.ConnectionString,
            broker,
            directory,
            "https://localhost:7001",
            "https://localhost:7002",
            "https://localhost:7003"
        );
        await server.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    [Trait("Requirement", "PSE-027")]
    public async Task Is_the_same_after_a_crash_between_any_two_steps_and_a_second_run()
    {
        try
        {
            for (var crash = 1; crash < Steps.Length; crash++)
            {
                await RunAsync(crash);
            }
            // Crashes within steps: the realm without its people, a role without its database, a listener without a certificate.
            File.Delete(place.Path("people.json"));
            await AsSuperuserAsync("DROP DATABASE gateway");
            File.Delete(place.Path("ca", "edge.pem"));
            await RunAsync(Steps.Length);

            var before = Everything();
            await RunAsync(Steps.Length);
            Assert.Equal(before, Everything());
            AreTheRealmsOwn();
            await HasOneSchemaEachAsync();
            await KeepsServicesApartAsync();
            await AuditHearsEverythingAsync();
        }
        finally
        {
            await RemoveQueuesAsync();
        }
    }

    private async Task RunAsync(int steps)
    {
        foreach (var step in Steps[..steps])
        {
            await step(place);
        }
    }

    // Every key, statement, certificate and password.
    private Dictionary<string, string> Everything() =>
        Folders
            .SelectMany(folder => Directory.EnumerateFiles(place.Path(folder), "*", SearchOption.AllDirectories))
            .Append(place.Path("people.json"))
            .ToDictionary(file => Path.GetRelativePath(directory, file), File.ReadAllText);

    private void AreTheRealmsOwn()
    {
        var realm = File.ReadAllText(place.Path("realm", "health-data-node.json"));
        Assert.DoesNotContain("${", realm, StringComparison.Ordinal);
        var people = JsonNode.Parse(File.ReadAllText(place.Path("people.json")))!.AsObject();
        Assert.True(people.Count >= 8);
        Assert.All(people, person => Assert.Contains((string)person.Value!["password"]!, realm, StringComparison.Ordinal));
        foreach (
            var secret in Directory
                .EnumerateFiles(place.Path("keys"), "*.pem", SearchOption.AllDirectories)
                .Append(place.Path("people.json"))
        )
        {
            Assert.True(
                secret.Contains(".crt.", StringComparison.Ordinal)
                    || File.GetUnixFileMode(secret) == (UnixFileMode.UserRead | UnixFileMode.UserWrite),
                secret
            );
        }
    }

    private async Task HasOneSchemaEachAsync()
    {
        foreach (var database in Schemas.Databases)
        {
            var scripts = await Outbox.QueryAsync(Of(database, database + "_owner"), "SELECT scriptname FROM setup.scripts");
            Assert.NotEmpty(scripts);
            Assert.Equal(scripts.Distinct().Count(), scripts.Count);
        }
    }

    private async Task KeepsServicesApartAsync()
    {
        var permit = Of("permit", "permit");
        await Outbox.ExecuteAsync(permit, "SELECT count(*) FROM messaging.outbox");
        foreach (
            var forbidden in new[]
            {
                "CREATE TABLE public.mine (id int)",
                "CREATE TABLE permit.mine (id int)",
                "DROP TABLE messaging.outbox",
            }
        )
        {
            await RefusedAsync(() => Outbox.ExecuteAsync(permit, forbidden));
        }
        await RefusedAsync(() => Outbox.ExecuteAsync(Of("gateway", "permit"), "SELECT 1"));
    }

    private async Task AuditHearsEverythingAsync()
    {
        await using var connection = await ConnectAsync();
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true)
        );
        await channel.BasicPublishAsync("health-data-node", "anything.at-all", mandatory: true, new BasicProperties(), "{}"u8.ToArray());
        Assert.NotNull(await channel.BasicGetAsync("audit", autoAck: true));
    }

    private async Task RemoveQueuesAsync()
    {
        await using var connection = await ConnectAsync();
        await using var channel = await connection.CreateChannelAsync();
        foreach (var service in Schemas.Databases)
        {
            await channel.QueueDeleteAsync(service);
            await channel.QueueDeleteAsync(service + "_error");
        }
    }

    private Task<IConnection> ConnectAsync() => new ConnectionFactory { Uri = new Uri(place.RabbitMq) }.CreateConnectionAsync();

    private static async Task RefusedAsync(Func<Task> act) =>
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(act)).SqlState);

    private string Of(string database, string role) =>
        new NpgsqlConnectionStringBuilder(place.Postgres)
        {
            Database = database,
            Username = role,
            Password = place.Secret(role.EndsWith("_owner", StringComparison.Ordinal) ? database + "-owner-db" : role + "-db"),
            Pooling = false,
        }.ConnectionString;

    private Task AsSuperuserAsync(string sql) => Outbox.ExecuteAsync(place.Postgres + ";Pooling=false", sql);
}
