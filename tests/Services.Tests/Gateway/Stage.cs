using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using HealthDataNode.Gateway;
using HealthDataNode.Gateway.Consumers;
using HealthDataNode.Gateway.Domain;
using HealthDataNode.Gateway.Persistence;
using HealthDataNode.Permit.Contracts.V1;
using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Leases;
using HealthDataNode.Protocol.Oidc;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Protocol.Uploads;
using HealthDataNode.Pseudonymisation;
using HealthDataNode.ServiceDefaults.Messaging;
using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace HealthDataNode.Services.Tests.Gateway;

/// <summary>
/// Gateway with everybody around it: the real Pseudonymisation, a server that is Permit, SpeRegistry and SPE, keys that
/// a root has stated. A test plays the holder. The gateway can be stopped and started again on the same state.
/// </summary>
internal sealed class Stage : IAsyncDisposable
{
    public const string HolderParty = "cancerregistry";
    public const string SpeParty = "referencespe";
    public const string Researcher = "sub-nora";
    private readonly Dictionary<string, string> gatewaySettings = [];
    private readonly string directory = Directory.CreateTempSubdirectory("hdn-gateway-").FullName;
    private ServiceHost? gateway;

    public TestTrust Trust { get; } = new();
    public Neighbours Neighbours { get; private set; } = null!;
    public ServiceHost Pseudonymisation { get; private set; } = null!;
    public ServiceHost Gateway => gateway ?? throw new InvalidOperationException("The gateway is stopped.");
    public DocumentSigner Permit { get; private set; } = null!;
    public DocumentSigner Holder { get; private set; } = null!;
    public DocumentSigner OtherHolder { get; private set; } = null!;
    public DocumentSigner Spe { get; private set; } = null!;
    public EncryptionKey SpeKey { get; } = EncryptionKey.Generate();
    public EncryptionKey HolderKey { get; private set; } = null!;
    public string Uploads => Path.Combine(directory, "keys");
    public string Data => Path.Combine(directory, "data");
    public string Database => gatewaySettings["ConnectionStrings:gateway"];

    /// <summary>What a test puts between Gateway and the others.</summary>
    public FaultHandler Faults { get; } = new();

    public static async Task<Stage> StartAsync(PostgresFixture postgres)
    {
        var stage = new Stage();
        stage.Permit = stage.Trust.Enrol("permit", KeyUses.Permit);
        stage.Trust.Enrol("gateway", KeyUses.Gateway).Dispose();
        stage.Holder = stage.Trust.Enrol(HolderParty, KeyUses.Holder);
        stage.OtherHolder = stage.Trust.Enrol("deathregistry", KeyUses.Holder);
        stage.Spe = stage.Trust.Enrol(SpeParty, KeyUses.Spe);
        stage.HolderKey = stage.EnrolEncryption(stage.Holder);
        using (var pseudonymisation = stage.Trust.Enrol("pseudonymisation", KeyUses.Pseudonymisation))
        {
            stage.EnrolEncryption(pseudonymisation).Dispose();
        }
        stage.Neighbours = await Neighbours.StartAsync(
            stage.Permit,
            stage.Trust.Store(),
            stage.Trust.Enrol("speregistry", KeyUses.SpeRegistry)
        );
        stage.Neighbours.SpeKey = stage.SpeKeyDocument(stage.Spe, stage.SpeKey.PublicKey).Text;
        await stage.StartPseudonymisationAsync(postgres);
        stage.gatewaySettings["ConnectionStrings:gateway"] = await postgres.CreateDatabaseAsync("gateway");
        await stage.StartGatewayAsync();
        return stage;
    }

    public SignedDocument<SpeKey> SpeKeyDocument(DocumentSigner signer, byte[] key) =>
        signer.Sign(
            new SpeKey
            {
                Party = SpeParty,
                Key = Base64UrlText.Encode(key),
                Sequence = 1,
                From = DateTimeOffset.UtcNow.AddDays(-1).ToUnixTimeSeconds(),
                To = DateTimeOffset.UtcNow.AddYears(1).ToUnixTimeSeconds(),
            }
        );

    public async Task StartGatewayAsync() =>
        gateway = await ServiceHost.StartAsync(
            GatewayHost.Build,
            "gateway",
            gatewaySettings,
            configure: builder =>
            {
                builder.Services.AddSingleton(_ => TestIssuer.Of("gateway", ["rekey"], Path.Combine(directory, "client.pem")));
                builder.Services.ConfigureHttpClientDefaults(client => client.AddHttpMessageHandler(() => Faults.Fresh()));
            }
        );

    public async Task StopGatewayAsync()
    {
        await Gateway.DisposeAsync();
        gateway = null;
    }

    /// <summary>A signed permit over one source, and its event handled as from the broker.</summary>
    public async Task<SignedDocument<PermitDocument>> GrantAsync(params PermitColumn[] columns)
    {
        var permit = PermitOver(columns);
        await HandleAsync(permit);
        return permit;
    }

    public SignedDocument<PermitDocument> PermitOver(params PermitColumn[] columns)
    {
        var now = DateTimeOffset.UtcNow;
        return Permit.Sign(
            new PermitDocument
            {
                Id = Guid.NewGuid().ToString("N"),
                Lineage = Guid.NewGuid().ToString("N"),
                Version = 1,
                Previous = null,
                IssuedAt = now.ToUnixTimeSeconds(),
                From = now.AddDays(-1).ToUnixTimeSeconds(),
                To = now.AddYears(2).ToUnixTimeSeconds(),
                Applicant = new PermitApplicant(Researcher, "999000301"),
                Persons = [Researcher],
                Purpose = "research",
                LegalBasis = "GDPR 6(1)(e)",
                Format = PermitDocument.Pseudonymised,
                Spe = new PermitSpe(SpeParty, Spe.PublicKey.Thumbprint, 1),
                Sources =
                [
                    new PermitSource
                    {
                        Source = "cancer",
                        Holder = HolderParty,
                        IdentifierBudget = 1_000_000,
                        Columns =
                            columns.Length > 0 ? columns : [new("stage", "string", 4), new("age", "integer"), new("diagnosed", "date")],
                        Decision = new("hdab", 1_790_000_000),
                        OptOut = TakeList(),
                    },
                ],
                Conditions = [],
            }
        );
    }

    // A decision takes one; Pseudonymisation knows no other (EHDS 71(3)).
    private PermitOptOut TakeList()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/opt-out-lists")
        {
            Content = System.Net.Http.Json.JsonContent.Create(new { decision = Guid.NewGuid().ToString("N") }),
        };
        using var response = Pseudonymisation.As("service-account-permit", [], party: "permit").Send(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using var answer = System.Text.Json.JsonDocument.Parse(response.Content.ReadAsStream());
        return new(answer.RootElement.GetProperty("list").GetInt64(), answer.RootElement.GetProperty("commitment").GetString()!);
    }

    public async Task HandleAsync(SignedDocument<PermitDocument> permit, ServiceHost? host = null)
    {
        await using var scope = (host ?? Gateway).Services.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<GatewayDb>();
        await using var transaction = await database.Database.BeginTransactionAsync();
        await scope
            .ServiceProvider.GetRequiredService<PermitGrantedHandler>()
            .HandleAsync(
                new PermitGranted(
                    permit.Payload.Lineage,
                    permit.Payload.Version,
                    permit.Text,
                    [.. permit.Payload.Sources.Select(s => s.Source)]
                ),
                new ReceivedEvent(
                    Guid.NewGuid(),
                    "permit.permit-granted",
                    "permit",
                    1,
                    DateTimeOffset.UtcNow,
                    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                    "{}"
                ),
                CancellationToken.None
            );
        await database.SaveChangesAsync();
        await transaction.CommitAsync();
    }

    public PermitLeases Permits => Gateway.Services.GetRequiredService<PermitLeases>();
    public SpeLeases Environments => Gateway.Services.GetRequiredService<SpeLeases>();

    /// <summary>Waits until Gateway's lease of a permit is good, or is not.</summary>
    public Task PermitIsGoodAsync(string lineage, bool good = true) => Eventually.Async(() => Permits.Of(lineage).IsGood == good);

    /// <summary>Waits until Gateway's lease of the SPE is good, or is not.</summary>
    public Task SpeIsGoodAsync(bool good = true) => Eventually.Async(() => Environments.Of(SpeParty).IsGood == good);

    public HttpClient AsHolder() => Gateway.As("service-account-cancerregistry", ["data-holder", "tokenise"], party: HolderParty);

    public HttpClient AsSpe(string party = SpeParty) => Gateway.As($"service-account-{party}", ["spe"], party: party);

    /// <summary>Waits until the order of a permit is in a state, and reads it.</summary>
    public async Task<Order> OrderAsync(string lineage, params OrderState[] states)
    {
        for (var deadline = Stopwatch.StartNew(); ; await Task.Delay(20))
        {
            await using var scope = Gateway.Services.CreateAsyncScope();
            var order = await scope
                .ServiceProvider.GetRequiredService<GatewayDb>()
                .Orders.AsNoTracking()
                .Where(order => order.Lineage == lineage)
                .OrderByDescending(order => order.Attempt)
                .FirstOrDefaultAsync();
            if (order is not null && states.Contains(order.State))
            {
                return order;
            }
            if (deadline.Elapsed > TimeSpan.FromSeconds(30))
            {
                throw new TimeoutException($"The order is {order?.State.ToString() ?? "not there"} {order?.Rejection}.");
            }
        }
    }

    /// <summary>Person tokens of this order, ascending, from the real Pseudonymisation.</summary>
    public async Task<string[]> TokensAsync(Order order, int count, int seed = 1)
    {
        var identifiers = new SortedSet<string>(StringComparer.Ordinal);
        for (var individual = 0; identifiers.Count < count; individual++)
        {
            if (Number(seed, individual) is { } number)
            {
                identifiers.Add(number);
            }
        }
        var pseudonymisation = Trust.Store().EncryptionKeyOf("pseudonymisation")!;
        var file = Crypt4GhFile.Seal(Encoding.ASCII.GetBytes(string.Concat(identifiers)), pseudonymisation);
        var seal = new SealBuilder(Holder).Build(SealTypes.Identifiers, "pseudonymisation", order.Digest!, 1, count, SealedBytes.Of(file));
        var client = Pseudonymisation.As("service-account-cancerregistry", ["tokenise"], party: HolderParty);
        async Task<HttpResponseMessage> SendAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/orders/{order.Digest}/tokens/1")
            {
                Content = new ByteArrayContent(file),
            };
            request.Headers.Add("Seal", seal.Text);
            return await client.SendAsync(request);
        }
        var response = await SendAsync();
        // It may not have heard yet that the SPE is approved again: a holder sends the same once more.
        for (var deadline = Stopwatch.StartNew(); (int)response.StatusCode == 503 && deadline.Elapsed.TotalSeconds < 10; )
        {
            response.Dispose();
            await Task.Delay(100);
            response = await SendAsync();
        }
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        var records = Crypt4GhFile.Open(await response.Content.ReadAsByteArrayAsync(), HolderKey);
        var tokens = Enumerable.Range(0, count).Select(i => Convert.ToHexStringLower(records.AsSpan((17 * i) + 1, 16))).ToArray();
        Array.Sort(tokens, StringComparer.Ordinal);
        return tokens;
    }

    /// <summary>Seals a part to the order's upload key.</summary>
    public SealedPart Seal(Order order, int part, string text, int rows, DocumentSigner? by = null)
    {
        var key = Trust.Store().Verify<OrderDocument>(order.Document!).Payload.UploadKeyBytes();
        return SealBytes(order, part, Crypt4GhFile.Seal(Encoding.UTF8.GetBytes(text), key), rows, by);
    }

    public SealedPart SealBytes(Order order, int part, byte[] file, int rows, DocumentSigner? by = null) =>
        new(file, new SealBuilder(by ?? Holder).Build(SealTypes.Rows, "gateway", order.Digest!, part, rows, SealedBytes.Of(file)));

    public async Task<UploadedPart> UploadAsync(Order order, SealedPart part)
    {
        var client = new UploadClient(
            AsHolder(),
            new UploadClientOptions
            {
                ChunkSize = 64 * 1024,
                Faults = 1,
                FirstWait = TimeSpan.FromMilliseconds(10),
            }
        );
        return await client.UploadAsync(
            new Uri(Gateway.Address, $"/v1/orders/{order.Id}/parts"),
            part.Seal.Text,
            new MemoryStream(part.File)
        );
    }

    public SignedDocument<Closing> ClosingOf(Order order, params SealedPart[] parts) =>
        Holder.Sign(
            new Closing
            {
                Order = order.Digest!,
                Parts =
                [
                    .. parts.Select(part => new ClosingPart(part.Seal.Payload.Part, part.Seal.Payload.Rows, part.Seal.Payload.Sha256)),
                ],
                Rows = parts.Sum(part => part.Seal.Payload.Rows),
                Persons = Math.Min(1, parts.Sum(part => part.Seal.Payload.Rows)),
            }
        );

    public Task<HttpResponseMessage> CloseAsync(Order order, string closing, HttpClient? client = null) =>
        (client ?? AsHolder()).PostAsync($"/v1/orders/{order.Id}/closing", Jose(closing));

    /// <summary>Uploads and closes.</summary>
    public async Task SendAsync(Order order, params SealedPart[] parts)
    {
        foreach (var part in parts)
        {
            await UploadAsync(order, part);
        }
        using var closed = await CloseAsync(order, ClosingOf(order, parts).Text);
        Assert.Equal(HttpStatusCode.Accepted, closed.StatusCode);
    }

    public SignedDocument<Receipt> ReceiptOf(
        Order order,
        long rows,
        long persons = 1,
        DocumentSigner? by = null,
        string? manifest = null
    ) =>
        (by ?? Spe).Sign(
            new Receipt
            {
                Manifest = manifest ?? order.ManifestDigest!,
                Order = order.Digest!,
                Rows = rows,
                Persons = persons,
                Workspace = order.Lineage,
                At = DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
            }
        );

    public Task<HttpResponseMessage> AcknowledgeAsync(Order order, string receipt, string party = SpeParty) =>
        AsSpe(party).PostAsync($"/v1/orders/{order.Id}/receipt", Jose(receipt));

    public static StringContent Jose(string text) => new(text, Encoding.ASCII, "application/jose");

    /// <summary>What the SPE can read of a part.</summary>
    public string Opened(Order order, int part) =>
        Encoding.UTF8.GetString(Crypt4GhFile.Open(File.ReadAllBytes(Neighbours.Delivered(order.Id, part)), SpeKey));

    /// <summary>Contracts of the events that are in Gateway's outbox for an order, in order.</summary>
    public async Task<List<OutboxMessage>> EventsAsync(Order order)
    {
        await using var scope = Gateway.Services.CreateAsyncScope();
        return await scope
            .ServiceProvider.GetRequiredService<GatewayDb>()
            .Set<OutboxMessage>()
            .AsNoTracking()
            .Where(message => message.Payload.Contains(order.Id))
            .OrderBy(message => message.Id)
            .ToListAsync();
    }

    public bool HasKey(Order order) => File.Exists(Path.Combine(Uploads, order.Id + ".key"));

    public bool HasFiles(Order order) => Directory.Exists(Path.Combine(Data, "orders", order.Id));

    public async ValueTask DisposeAsync()
    {
        Faults.Release();
        if (gateway is not null)
        {
            await gateway.DisposeAsync();
        }
        await Pseudonymisation.DisposeAsync();
        await Neighbours.DisposeAsync();
        Trust.Dispose();
        SpeKey.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    // Makes encryption-1.key in the party's folder and has the root state it.
    private EncryptionKey EnrolEncryption(DocumentSigner party)
    {
        var keys = Trust.KeysOf(party.Party);
        var key = EncryptionKey.Generate();
        PrivateFile.Write(Path.Combine(keys, "encryption-1.key"), key.ToBase64());
        var parent = Path.GetDirectoryName(keys)!;
        using var root = RootAuthority.OpenOrCreate(Path.Combine(parent, "root"), Path.Combine(parent, "public"));
        var now = DateTimeOffset.UtcNow;
        root.State(KeyRequests.ForEncryption(key.PublicKey, party).Text, now.AddDays(-1), now.AddYears(20));
        return key;
    }

    private async Task StartPseudonymisationAsync(PostgresFixture postgres)
    {
        var (http, h2c) = (PostgresFixture.FreePort(), PostgresFixture.FreePort());
        using (var client = SigningKey.LoadOrCreate(Path.Combine(directory, "client.pem"))) { }
        var settings = new Dictionary<string, string>(Trust.Settings)
        {
            ["ConnectionStrings:pseudonymisation"] = await postgres.CreateDatabaseAsync("pseudonymisation"),
            ["Party:Keys"] = Trust.KeysOf("pseudonymisation"),
            ["Keys:Permits"] = Path.Combine(directory, "permits"),
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{http}",
            ["H2C_PORT"] = $"{h2c}",
            ["services:permit:http:0"] = Neighbours.Address.ToString(),
            ["services:speregistry:http:0"] = Neighbours.Address.ToString(),
        };
        Pseudonymisation = await ServiceHost.StartAsync(
            PseudonymisationHost.Build,
            "pseudonymisation",
            settings,
            configure: builder =>
            {
                builder.Services.AddSingleton(_ => TestIssuer.Of("pseudonymisation", [], Path.Combine(directory, "client.pem")));
                builder.Services.ConfigureHttpClientDefaults(client =>
                    client.AddHttpMessageHandler(() => new CallerHandler("pseudonymisation"))
                );
            }
        );
        foreach (var (key, value) in Trust.Settings)
        {
            gatewaySettings[key] = value;
        }
        gatewaySettings["Party:Keys"] = Trust.KeysOf("gateway");
        gatewaySettings["Keys:Uploads"] = Uploads;
        gatewaySettings["Data:Directory"] = Data;
        gatewaySettings["services:permit:http:0"] = Neighbours.Address.ToString();
        gatewaySettings["services:speregistry:http:0"] = Neighbours.Address.ToString();
        gatewaySettings["services:pseudonymisation:http:0"] = $"http://127.0.0.1:{http}";
        gatewaySettings["services:pseudonymisation:h2c:0"] = $"http://127.0.0.1:{h2c}";
    }

    // Synthetic numbers alone: month + 80.
    internal static string? Number(int seed, int individual)
    {
        var head = $"{1 + (seed % 28):00}{81 + (individual / 1000 % 12):00}{individual / 12_000 % 100:00}{individual % 1000:000}";
        int[] first = [3, 7, 6, 1, 8, 9, 4, 5, 2];
        int[] second = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2];
        var k1 = (11 - (first.Select((weight, i) => weight * (head[i] - '0')).Sum() % 11)) % 11;
        if (k1 == 10)
        {
            return null;
        }
        var k2 = (11 - (second.Select((weight, i) => weight * ((head + k1)[i] - '0')).Sum() % 11)) % 11;
        return k2 == 10 ? null : $"{head}{k1}{k2}";
    }
}

/// <summary>A part as a holder has it.</summary>
internal sealed record SealedPart(byte[] File, SignedDocument<Seal> Seal);

/// <summary>Says who asks, for a server that many parties ask in a test.</summary>
internal sealed class CallerHandler(string party) : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.TryAddWithoutValidation("X-Test-Party", party);
        return base.SendAsync(request, cancellationToken);
    }
}

/// <summary>Between Gateway and the others: a test lets a call fail, or hang until it is released.</summary>
internal sealed class FaultHandler
{
    private TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Which call hangs.</summary>
    public Func<HttpRequestMessage, bool>? Hangs { get; set; }

    /// <summary>Which call fails as if the network did.</summary>
    public Func<HttpRequestMessage, bool>? Fails { get; set; }

    /// <summary>Done when a call hangs.</summary>
    public Task Reached => reached.Task;

    public void Release()
    {
        (Hangs, Fails) = (null, null);
        released.TrySetResult();
        released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public DelegatingHandler Fresh() => new Handler(this);

    private sealed class Handler(FaultHandler faults) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (faults.Fails?.Invoke(request) == true)
            {
                throw new HttpRequestException("The test cut the line.");
            }
            if (faults.Hangs?.Invoke(request) == true)
            {
                faults.reached.TrySetResult();
                await faults.released.Task.WaitAsync(cancellationToken);
            }
            return await base.SendAsync(request, cancellationToken);
        }
    }
}
