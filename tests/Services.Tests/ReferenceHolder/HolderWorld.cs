using System.Collections.Concurrent;
using System.Text;
using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Identifiers;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Protocol.Records;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Protocol.Uploads;
using HealthDataNode.ReferenceHolder;
using HealthDataNode.Services.Tests.Gateway;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HealthDataNode.Services.Tests.ReferenceHolder;

/// <summary>
/// A holder with one small register, and the node as it sees it: one real server that lists an order, tokenises, takes
/// parts and the closing document, and audit entries. Of the protocol everything is real.
/// </summary>
internal sealed class HolderWorld : IAsyncDisposable
{
    public const string Party = "cancerregistry";
    private const char Separator = '\u001f';
    private static readonly string[] Columns = ["stage", "note"];
    private readonly string directory = Directory.CreateTempSubdirectory("hdn-holder-").FullName;
    private readonly PermitKey permitKey = PermitKey.Generate();
    private readonly EncryptionKey uploadKey = EncryptionKey.Generate();
    private readonly ConcurrentDictionary<int, string> parts = new();
    private readonly List<WebApplication> holders = [];
    private DocumentSigner permit = null!;
    private DocumentSigner gateway = null!;
    private DocumentSigner pseudonymisation = null!;
    private EncryptionKey pseudonymisationKey = null!;
    private EncryptionKey holderKey = null!;
    private WebApplication node = null!;
    private FileUploadStore uploads = null!;

    public TestTrust Trust { get; } = new();
    public SignedDocument<OrderDocument> Order { get; private set; } = null!;
    public SignedDocument<PermitDocument> Permit { get; private set; } = null!;

    /// <summary>How the node lists the order.</summary>
    public string State { get; set; } = "issued";

    /// <summary>Whom Pseudonymisation withholds.</summary>
    public HashSet<string> Withheld { get; } = [];

    /// <summary>Rows of the register: identifier, stage, note.</summary>
    public List<string[]> Register { get; } = [];

    public List<string> Closings { get; } = [];
    public ConcurrentQueue<string> Audited { get; } = new();

    /// <summary>Parts of identifiers that came again with other bytes: never.</summary>
    public int Conflicts { get; private set; }

    /// <summary>Runs before each request; a problem that it gives is the answer.</summary>
    public Func<HttpContext, Task<ProtocolProblem?>> Before { get; set; } = _ => Task.FromResult<ProtocolProblem?>(null);

    public string Folder => Path.Combine(directory, "data", "orders", Order.Payload.Id);

    public static async Task<HolderWorld> StartAsync()
    {
        var world = new HolderWorld();
        world.permit = world.Trust.Enrol("permit", KeyUses.Permit);
        world.gateway = world.Trust.Enrol("gateway", KeyUses.Gateway);
        world.pseudonymisation = world.Trust.Enrol("pseudonymisation", KeyUses.Pseudonymisation);
        world.pseudonymisationKey = world.Trust.EnrolEncryption(world.pseudonymisation);
        using (var holder = world.Trust.Enrol(Party, KeyUses.Holder))
        {
            world.holderKey = world.Trust.EnrolEncryption(holder);
        }
        SigningKey.LoadOrCreate(Path.Combine(world.directory, "client.pem")).Dispose();
        world.Grant(Party, "cancer");
        world.node = world.BuildNode();
        await world.node.StartAsync();
        return world;
    }

    /// <summary>A permit over one source of a holder, and Gateway's order for it.</summary>
    public void Grant(
        string holder,
        string source,
        DocumentSigner? orderedBy = null,
        TimeSpan? lasts = null,
        SignedDocument<PermitDocument>? after = null,
        int? version = null
    )
    {
        var now = DateTimeOffset.UtcNow;
        Permit = permit.Sign(
            new PermitDocument
            {
                Id = Guid.NewGuid().ToString("N"),
                Lineage = after?.Payload.Lineage ?? Guid.NewGuid().ToString("N"),
                Version = version ?? after?.Payload.Version + 1 ?? 1,
                Previous = after?.Digest,
                IssuedAt = now.AddDays(-1).ToUnixTimeSeconds(),
                From = now.AddDays(-1).ToUnixTimeSeconds(),
                To = (now + (lasts ?? TimeSpan.FromDays(365))).ToUnixTimeSeconds(),
                Applicant = new PermitApplicant("sub-nora", "999000301"),
                Persons = ["sub-nora"],
                Purpose = "research",
                LegalBasis = "GDPR 6(1)(e)",
                Format = PermitDocument.Pseudonymised,
                Spe = new PermitSpe("referencespe", permit.PublicKey.Thumbprint, 1),
                Sources =
                [
                    new PermitSource
                    {
                        Source = source,
                        Holder = holder,
                        IdentifierBudget = 10_000,
                        Columns = [.. Columns.Select(column => new PermitColumn(column, "string", 200))],
                        Decision = new PermitDecision("hdab", 1_790_000_000),
                        OptOut = new PermitOptOut(0, new string('0', 64)),
                    },
                ],
                Conditions = [],
            }
        );
        Order = (orderedBy ?? gateway).Sign(
            new OrderDocument
            {
                Id = Guid.NewGuid().ToString("N"),
                Permit = Permit.Digest,
                Lineage = Permit.Payload.Lineage,
                Source = source,
                UploadKey = Base64UrlText.Encode(uploadKey.PublicKey),
                Due = now.AddDays(30).ToUnixTimeSeconds(),
            }
        );
    }

    /// <summary>Permit and Gateway have new keys; those that signed the order and its permit have ended.</summary>
    public void ReplaceKeys() => (permit, gateway) = (Trust.Replace(permit, KeyUses.Permit), Trust.Replace(gateway, KeyUses.Gateway));

    /// <summary>The population register's file.</summary>
    public string PopulationFile => Path.Combine(directory, "population.csv");

    /// <summary>Batches of the feed as they came, each time.</summary>
    public ConcurrentQueue<(int Number, string Sha256, PopulationRecord[] Records)> Fed { get; } = new();

    /// <summary>The holder as the population register, on the state that the last one left.</summary>
    public WebApplication BuildRegister(int linesPerBatch = 2) =>
        Build(
            new()
            {
                ["Holder:Feed"] = PopulationFile,
                ["Holder:LinesPerBatch"] = $"{linesPerBatch}",
                ["Holder:Source"] = "",
                ["Holder:File"] = "",
            }
        );

    /// <summary>The holder, on the state that the last one left.</summary>
    public WebApplication Build(Dictionary<string, string>? more = null)
    {
        var lines = Register.Select(row =>
            string.Join(',', row.Select(field => $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\""))
        );
        File.WriteAllText(Path.Combine(directory, "cancer.csv"), string.Join('\n', lines.Prepend("person_id,stage,note")) + "\n");
        var address = node.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        var settings = new Dictionary<string, string>(Trust.Settings)
        {
            ["urls"] = "http://127.0.0.1:0",
            ["Party:Id"] = Party,
            ["Party:Keys"] = Trust.KeysOf(Party),
            ["Node:Edge"] = address,
            ["Keycloak:AuthServerUrl"] = TestTokens.AuthServerUrl,
            ["Keycloak:Realm"] = TestTokens.Realm,
            ["Holder:Source"] = "cancer",
            ["Holder:File"] = Path.Combine(directory, "cancer.csv"),
            ["Holder:IdentifiersPerPart"] = "4",
            ["Holder:PartBytes"] = "1024",
            ["Data:Directory"] = Path.Combine(directory, "data"),
        };
        foreach (var (key, value) in more ?? [])
        {
            settings[key] = value;
        }
        var holder = ReferenceHolderHost.Build(
            [.. settings.Select(setting => $"--{setting.Key}={setting.Value}")],
            builder =>
            {
                builder.Logging.ClearProviders();
                builder.Services.AddSingleton(_ =>
                    TestIssuer.Of(Party, ["data-holder", "tokenise"], Path.Combine(directory, "client.pem"))
                );
            }
        );
        holders.Add(holder);
        return holder;
    }

    /// <summary>Kills it, as far as one process can kill a part of itself.</summary>
    public async Task KillAsync(WebApplication holder)
    {
        holders.Remove(holder);
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await holder.StopAsync(now.Token);
        await holder.DisposeAsync();
    }

    /// <summary>What the node was sent, opened: lines of all parts, in order.</summary>
    public string[] Sent()
    {
        var lines = new List<string>();
        foreach (var part in Closing().Parts)
        {
            var file = File.ReadAllBytes(uploads.PathOf(new UploadKey(Order.Payload.Id, SealTypes.Rows, part.Part)));
            Assert.Equal(part.Sha256, SealedBytes.Of(file).Sha256);
            var text = Encoding.UTF8.GetString(Crypt4GhFile.Open(file, uploadKey)).Split('\n');
            Assert.Equal(string.Join(Separator, Columns.Prepend("token")), text[0]);
            Assert.Equal(part.Rows, text.Length - 2);
            lines.AddRange(text[1..^1]);
        }
        return [.. lines];
    }

    public Closing Closing() => Trust.Store().Verify<Closing>(Closings.Distinct().Single(), Party).Payload;

    /// <summary>What it must be sent: each row of these persons with its token, in the order of tokens.</summary>
    public string[] Expected(Func<string[], bool> rows)
    {
        using var cipher = permitKey.TokenCipher(Order.Digest);
        return
        [
            .. Register
                .Where(rows)
                .Select(row => string.Join(Separator, Token(cipher, row[0]), row[1], row[2]))
                .OrderBy(line => line[..32], StringComparer.Ordinal),
        ];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var holder in holders.ToArray())
        {
            await KillAsync(holder);
        }
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await node.StopAsync(now.Token);
        await node.DisposeAsync();
        Trust.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    private WebApplication BuildNode()
    {
        var builder = WebApplication.CreateBuilder(["--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        uploads = new FileUploadStore(Path.Combine(directory, "node"));
        builder.Services.AddSingleton<IUploadStore>(uploads);
        builder.Services.AddSingleton(new Receiver(this));
        var app = builder.Build();
        app.Use(
            async (context, next) =>
            {
                if (await Before(context) is { } problem)
                {
                    await problem.ToResult().ExecuteAsync(context);
                    return;
                }
                await next(context);
            }
        );
        app.MapGet("/gateway/v1/orders", () => new[] { Listed() });
        app.MapGet("/gateway/v1/orders/{id}", (string id) => Listed());
        app.MapResumableUploads<Receiver>("/gateway/v1/orders/{id}/parts");
        app.MapPost(
            "/gateway/v1/orders/{id}/closing",
            async (HttpRequest request) =>
            {
                Closings.Add(await TextAsync(request));
                return Results.Accepted();
            }
        );
        app.MapPost("/pseudonymisation/v1/orders/{digest}/tokens/{part:int}", TokeniseAsync);
        app.MapPut(
            "/pseudonymisation/v1/population-feed/{number:int}",
            async (int number, HttpRequest request) =>
            {
                using var body = new MemoryStream();
                await request.Body.CopyToAsync(body);
                var seal = new SealVerifier(Trust.Store()).Verify(
                    request.Headers["Seal"].ToString(),
                    new SealExpectation(SealTypes.Population, Party, "pseudonymisation", SealNames.PopulationFeed, number),
                    SealedBytes.Of(body.ToArray())
                );
                var records = Crypt4GhFile.Open(body.ToArray(), pseudonymisationKey);
                RecordFormat.Population.Check(records);
                SealVerifier.CheckRows(seal.Payload, records.Length / PopulationRecord.Size);
                Fed.Enqueue(
                    (number, seal.Payload.Sha256, [.. records.Chunk(PopulationRecord.Size).Select(one => PopulationRecord.Read(one))])
                );
                return Results.NoContent();
            }
        );
        app.MapPost(
            "/audit/v1/entries",
            async (HttpRequest request) =>
            {
                Audited.Enqueue(Trust.Store().Verify<AuditEntry>(await TextAsync(request)).Payload.Action);
                return Results.NoContent();
            }
        );
        return app;
    }

    private object Listed() =>
        new
        {
            id = Order.Payload.Id,
            state = State,
            source = Order.Payload.Source,
            order = Order.Text,
            permit = Permit.Text,
        };

    private async Task<IResult> TokeniseAsync(string digest, int part, HttpContext http)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        var file = body.ToArray();
        var seal = new SealVerifier(Trust.Store()).Verify(
            http.Request.Headers["Seal"].ToString(),
            new SealExpectation(SealTypes.Identifiers, Party, "pseudonymisation", Order.Digest, part),
            SealedBytes.Of(file)
        );
        if (parts.GetOrAdd(part, seal.Payload.Sha256) != seal.Payload.Sha256)
        {
            Conflicts++;
        }
        var records = Crypt4GhFile.Open(file, pseudonymisationKey);
        RecordFormat.Identifiers.Check(records);
        using var cipher = permitKey.TokenCipher(digest);
        var answers = new byte[records.Length / PersonIdentifier.Length * AnswerRecord.Size];
        foreach (var (at, record) in records.Chunk(PersonIdentifier.Length).Index())
        {
            var answer = answers.AsSpan(at * AnswerRecord.Size, AnswerRecord.Size);
            var digits = Encoding.ASCII.GetString(record);
            if (!PersonIdentifier.TryParse(record, out _))
            {
                AnswerRecord.WriteOther(AnswerCode.Invalid, answer);
            }
            else if (Withheld.Contains(digits))
            {
                AnswerRecord.WriteOther(AnswerCode.Withheld, answer);
            }
            else
            {
                AnswerRecord.WriteIssued(Convert.FromHexString(Token(cipher, digits)), answer);
            }
        }
        var sealedAnswer = Crypt4GhFile.Seal(answers, holderKey.PublicKey);
        http.Response.Headers["Seal"] = new SealBuilder(pseudonymisation)
            .Build(SealTypes.Tokens, Party, digest, part, seal.Payload.Rows, SealedBytes.Of(sealedAnswer), seal.Digest)
            .Text;
        return Results.Bytes(sealedAnswer, "application/octet-stream");
    }

    private static string Token(BatchCipher cipher, string digits)
    {
        var block = new byte[Block.Size];
        Block.Encode(PersonIdentifier.Parse(digits), block);
        cipher.Encrypt(block, block);
        return Convert.ToHexStringLower(block);
    }

    private static async Task<string> TextAsync(HttpRequest request)
    {
        using var reader = new StreamReader(request.Body);
        return await reader.ReadToEndAsync();
    }

    private sealed class Receiver(HolderWorld world) : IUploadReceiver
    {
        public Task<ProtocolProblem?> AuthoriseAsync(HttpContext context, string order) => Task.FromResult<ProtocolProblem?>(null);

        public Task<UploadAdmission> AdmitAsync(HttpContext context, string order, string seal) =>
            Task.FromResult(
                UploadAdmission.Admit(
                    new SealVerifier(world.Trust.Store()).Verify(
                        seal,
                        new SealExpectation(SealTypes.Rows, Party, "gateway", world.Order.Digest)
                    )
                )
            );

        public Task<ProtocolProblem?> ReceiveAsync(HttpContext context, UploadState upload) => Task.FromResult<ProtocolProblem?>(null);
    }
}
