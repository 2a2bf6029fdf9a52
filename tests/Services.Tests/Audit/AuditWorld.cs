using System.Text;
using System.Text.Json.Nodes;
using HealthDataNode.Audit;
using HealthDataNode.Audit.Consumers;
using HealthDataNode.Audit.Persistence;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ServiceDefaults.Messaging;
using HealthDataNode.Services.Tests.Permit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace HealthDataNode.Services.Tests.Audit;

/// <summary>The audit log with a database, a root of trust, its key, and a directory for its heads.</summary>
internal sealed class AuditWorld : IAsyncDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("hdn-audit-").FullName;

    private AuditWorld(string database) => Database = database;

    public string Database { get; }
    public TestTrust Trust { get; } = new();
    public ServiceHost Host { get; private set; } = null!;
    public DocumentSigner Spe { get; private set; } = null!;
    public DocumentSigner Holder { get; private set; } = null!;

    public string HeadFile => Path.Combine(directory, "heads.ndjson");
    public HttpClient Auditor => Host.As("sub-auditor", ["auditor"], org: "999000401");
    public HttpClient ReferenceSpe => Host.As("service-spe", ["spe"], party: "referencespe");

    public static async Task<AuditWorld> StartAsync(PostgresFixture postgres, TimeSpan? grace = null)
    {
        var world = new AuditWorld(await postgres.CreateDatabaseAsync("audit"));
        world.Trust.Enrol("audit", KeyUses.Audit).Dispose();
        world.Spe = world.Trust.Enrol("referencespe", KeyUses.Spe);
        world.Holder = world.Trust.Enrol("cancerregistry", KeyUses.Holder);
        await world.StartHostAsync(grace ?? TimeSpan.FromMinutes(1));
        return world;
    }

    public async Task RestartAsync()
    {
        await Host.DisposeAsync();
        await StartHostAsync(TimeSpan.FromMinutes(1));
    }

    /// <summary>Handles an event as the consumer does: handler and commit in one transaction.</summary>
    public async Task ReceiveAsync(string publisher, long number, string payload = "{}")
    {
        await using var scope = Host.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<AuditDb>();
        await using var transaction = await db.Database.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await scope
            .ServiceProvider.GetRequiredService<EveryEvent>()
            .HandleAsync(
                new ReceivedEvent(
                    Guid.NewGuid(),
                    $"{publisher}.something-happened",
                    publisher,
                    number,
                    DateTimeOffset.UtcNow,
                    null,
                    payload
                ),
                TestContext.Current.CancellationToken
            );
        await db.SaveChangesAsync(TestContext.Current.CancellationToken);
        await transaction.CommitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Waits until a signed head covers this many entries.</summary>
    public async Task SignedAsync(long entries)
    {
        for (var deadline = DateTime.UtcNow.AddSeconds(20); ; await Task.Delay(50, TestContext.Current.CancellationToken))
        {
            if (File.Exists(HeadFile) && HeadSequences() is [.., var last] && last >= entries)
            {
                return;
            }
            Assert.True(DateTime.UtcNow < deadline, "No head was signed in time.");
        }
    }

    public IReadOnlyList<long> HeadSequences()
    {
        var text = File.ReadAllText(HeadFile);
        // What follows the last line end is still being written.
        return
        [
            .. text[..(text.LastIndexOf('\n') + 1)]
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => (long)JsonNode.Parse(Encoding.UTF8.GetString(Jws.Read(line).Payload.Span))!["sequence"]!),
        ];
    }

    public async Task<JsonNode> VerifyAsync() => await (await Host.Anonymous.FetchAsync("v1/verification")).JsonAsync();

    /// <summary>What somebody with the owner's password can do, past the trigger.</summary>
    public Task TamperAsync(string sql) =>
        Outbox.ExecuteAsync(
            Outbox.AsOwner(Database),
            $"ALTER TABLE audit.entries DISABLE TRIGGER USER; {sql}; ALTER TABLE audit.entries ENABLE TRIGGER USER"
        );

    public static StringContent Jose(string jws) => new(jws, Encoding.ASCII, "application/jose");

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        Spe.Dispose();
        Holder.Dispose();
        Trust.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    private async Task StartHostAsync(TimeSpan grace) =>
        Host = await ServiceHost.StartAsync(
            AuditHost.Build,
            "audit",
            new Dictionary<string, string>(Trust.Settings)
            {
                ["Party:Keys"] = Trust.KeysOf("audit"),
                ["ConnectionStrings:audit"] = Database,
                ["Data:Directory"] = directory,
                ["Audit:HeadInterval"] = "00:00:00.050",
                ["Audit:GapGrace"] = grace.ToString(),
            }
        );
}
