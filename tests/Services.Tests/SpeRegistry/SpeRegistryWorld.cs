using System.Text.Json.Nodes;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Services.Tests.Permit;
using HealthDataNode.SpeRegistry;

namespace HealthDataNode.Services.Tests.SpeRegistry;

/// <summary>The registry with a database, a root of trust, one SPE with its key, its operator and an auditor.</summary>
internal sealed class SpeRegistryWorld : IAsyncDisposable
{
    public const string Party = "referencespe";
    public const string Path = $"v1/environments/{Party}";

    private SpeRegistryWorld(TestTrust trust, ServiceHost host, string database, MovableTime time, DocumentSigner key) =>
        (Trust, Host, Database, Time, Key) = (trust, host, database, time, key);

    public TestTrust Trust { get; }
    public ServiceHost Host { get; }
    public string Database { get; }
    public MovableTime Time { get; }
    public DocumentSigner Key { get; }

    public HttpClient Spe => Host.As("service-spe", ["spe"], party: Party);
    public HttpClient Operator => Host.As("sub-operator", ["spe-operator"], org: "999000201");
    public HttpClient Auditor => Host.As("sub-auditor", ["spe-auditor"], org: "999000401");

    public static async Task<SpeRegistryWorld> StartAsync(PostgresFixture postgres)
    {
        var time = new MovableTime(new DateTimeOffset(2029, 4, 9, 8, 0, 0, TimeSpan.Zero));
        var trust = new TestTrust(time);
        var key = trust.Enrol(Party, KeyUses.Spe);
        var database = await postgres.CreateDatabaseAsync("speregistry");
        trust.Enrol("speregistry", KeyUses.SpeRegistry).Dispose();
        Dictionary<string, string> settings = new(trust.Settings)
        {
            ["ConnectionStrings:speregistry"] = database,
            ["Party:Keys"] = trust.KeysOf("speregistry"),
        };
        var host = await ServiceHost.StartAsync(SpeRegistryHost.Build, "speregistry", settings, time);
        return new SpeRegistryWorld(trust, host, database, time, key);
    }

    /// <summary>The SPE's encryption key, signed.</summary>
    public string SignedKey(byte fill = 1, int sequence = 1, DocumentSigner? by = null, string party = Party)
    {
        var bytes = new byte[32];
        Array.Fill(bytes, fill);
        var now = Time.GetUtcNow();
        return (by ?? Key)
            .Sign(
                new SpeKey
                {
                    Party = party,
                    Key = PublicJwk.Of(bytes.AsSpan()).X,
                    Sequence = sequence,
                    From = now.AddDays(-1).ToUnixTimeSeconds(),
                    To = new DateTimeOffset(2032, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds(),
                }
            )
            .Text;
    }

    public JsonObject Endpoints(string? key = null) =>
        new()
        {
            ["name"] = "Reference environment",
            ["org"] = "999000201",
            ["ingressUrl"] = "https://localhost:7001/ingress",
            ["doorUrl"] = "https://localhost:7001/",
            ["encryptionKey"] = key ?? SignedKey(),
        };

    /// <summary>Every criterion met.</summary>
    public async Task<JsonObject> AnswersAsync()
    {
        var criteria = await (await Host.Anonymous.FetchAsync("v1/criteria")).JsonAsync();
        return new JsonObject
        {
            ["criteriaVersion"] = (string)criteria["version"]!,
            ["answers"] = new JsonArray([
                .. criteria["criteria"]!
                    .AsArray()
                    .Select(criterion => new JsonObject
                    {
                        ["criterion"] = (string)criterion!["id"]!,
                        ["answer"] = "met",
                        ["evidence"] = "The handbook, chapter 2.",
                        ["owner"] = "Operations",
                        ["date"] = "2029-04-01",
                    }),
            ]),
        };
    }

    public async Task<JsonNode> ReadAsync() => await (await Host.Anonymous.FetchAsync(Path)).JsonAsync();

    public async Task RegisterAsync() => await (await Spe.PutJsonAsync($"{Path}/endpoints", Endpoints())).JsonAsync();

    public async Task DeclareAsync()
    {
        await RegisterAsync();
        await (await Operator.PutJsonAsync($"{Path}/declaration", await AnswersAsync())).JsonAsync();
    }

    public Task<HttpResponseMessage> ApproveAsync(DateTimeOffset until, HttpClient? by = null) =>
        (by ?? Auditor).PostJsonAsync($"{Path}/approvals", new { until, reasons = "Evidence seen." });

    public Task<HttpResponseMessage> SuspendAsync() => Auditor.PostJsonAsync($"{Path}/suspensions", new { reasons = "A finding." });

    /// <summary>What a party is told, signed, of this SPE and of one that nobody knows.</summary>
    public async Task<SpeState> StatusAsync(string caller = "gateway", string nonce = "0123456789abcdef")
    {
        var client = Host.As($"service-account-{caller}", [], party: caller);
        using var response = await client.PostJsonAsync("v1/status-checks", new { nonce, parties = new[] { Party, "nobody" } });
        Assert.Equal((200, "application/jose"), ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        return Trust.Store().Verify<SpeState>(await response.TextAsync()).Payload;
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        Key.Dispose();
        Trust.Dispose();
    }
}
