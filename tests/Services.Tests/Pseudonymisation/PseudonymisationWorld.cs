using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Identifiers;
using HealthDataNode.Protocol.Leases;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Protocol.Records;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Pseudonymisation;
using HealthDataNode.Services.Tests.Gateway;
using HealthDataNode.Services.Tests.Permit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Neighbours = HealthDataNode.Services.Tests.Gateway.Neighbours;

namespace HealthDataNode.Services.Tests.Pseudonymisation;

/// <summary>
/// Pseudonymisation with a database and a key store, a server that answers as Permit and SpeRegistry, and the keys of
/// everybody who signs something. A test plays Gateway, two holders and the SPE.
/// </summary>
internal sealed class PseudonymisationWorld : IAsyncDisposable
{
    public const string Spe = "referencespe";
    private readonly string directory = Directory.CreateTempSubdirectory("hdn-pseudonymisation-").FullName;
    private DocumentSigner permit = null!;
    private DocumentSigner gateway = null!;
    private DocumentSigner spe = null!;
    private DocumentSigner enrolment = null!;

    public DocumentSigner PermitSigner => permit;

    public TestTrust Trust { get; } = new();

    /// <summary>The state checks of Permit, and the status checks of SpeRegistry.</summary>
    public Neighbours Permits { get; private set; } = null!;
    public ServiceHost Host { get; private set; } = null!;
    public string Database { get; private set; } = null!;
    public Holder Cancer { get; private set; } = null!;
    public Holder Death { get; private set; } = null!;

    /// <summary>The population register.</summary>
    public Holder Population { get; private set; } = null!;
    public EncryptionKey SpeKey { get; } = EncryptionKey.Generate();

    /// <summary>The SPE's encryption key, signed by the key that permits pin.</summary>
    public string SpeKeyDocument => SignedSpeKey(spe);

    public HttpClient AsGateway => Host.As("service-account-gateway", ["rekey"], party: "gateway");
    public HttpClient AsPermit => Host.As("service-account-permit", [], party: "permit");
    public HttpClient AsPopulation => Host.As("service-account-populationregister", ["population-register"], party: Population.Party);
    public HttpClient AsSpe => Host.As("service-account-referencespe", ["spe"], party: Spe);

    public static async Task<PseudonymisationWorld> StartAsync(
        PostgresFixture postgres,
        TimeProvider? time = null,
        Dictionary<string, string>? settings = null
    )
    {
        var world = new PseudonymisationWorld();
        world.permit = world.Trust.Enrol("permit", KeyUses.Permit);
        world.gateway = world.Trust.Enrol("gateway", KeyUses.Gateway);
        world.spe = world.Trust.Enrol(Spe, KeyUses.Spe);
        world.Cancer = world.Enrol("cancerregistry");
        world.Death = world.Enrol("deathregistry");
        world.Population = world.Enrol("populationregister");
        world.enrolment = world.Trust.Enrol("setup", KeyUses.Enrolment);
        using (var own = world.Trust.Enrol("pseudonymisation", KeyUses.Pseudonymisation))
        {
            world.Trust.EnrolEncryption(own).Dispose();
        }
        world.Permits = await Neighbours.StartAsync(
            world.permit,
            world.Trust.Store(),
            world.Trust.Enrol("speregistry", KeyUses.SpeRegistry)
        );
        world.Database = await postgres.CreateDatabaseAsync("pseudonymisation");
        var client = Path.Combine(world.directory, "client.pem");
        SigningKey.LoadOrCreate(client).Dispose();
        world.Host = await ServiceHost.StartAsync(
            PseudonymisationHost.Build,
            "pseudonymisation",
            new Dictionary<string, string>((settings ?? []).Concat(world.Trust.Settings))
            {
                ["ConnectionStrings:pseudonymisation"] = world.Database,
                ["Party:Keys"] = world.Trust.KeysOf("pseudonymisation"),
                ["Keys:Permits"] = Path.Combine(world.directory, "permits"),
                ["services:permit:http:0"] = world.Permits.Address.ToString(),
                ["services:speregistry:http:0"] = world.Permits.Address.ToString(),
            },
            time,
            configure: builder =>
            {
                builder.Services.AddSingleton(_ => TestIssuer.Of("pseudonymisation", [], client));
                builder.Services.ConfigureHttpClientDefaults(http =>
                    http.AddHttpMessageHandler(() => new CallerHandler("pseudonymisation"))
                );
            }
        );
        return world;
    }

    /// <summary>Waits until the lease of a permit stands so, as the service holds it.</summary>
    public async Task LeaseIsAsync(string lineage, LeaseStanding standing)
    {
        var leases = Host.Services.GetRequiredService<PermitLeases>();
        leases.Hold(lineage);
        await Eventually.Async(() => leases.Of(lineage).Standing == standing);
    }

    /// <summary>Has SpeRegistry answer so of the SPE, and waits until the service has heard it.</summary>
    public Task SpeIsAsync(string status)
    {
        Permits.SpeStatus = status;
        var leases = Host.Services.GetRequiredService<SpeLeases>();
        leases.Hold(Spe);
        return Eventually.Async(() => leases.Of(Spe).State == status);
    }

    /// <summary>The SPE's proof that it has deleted everything of a lineage.</summary>
    public string ProofOf(string lineage, DocumentSigner? by = null, DateTimeOffset? at = null) =>
        (by ?? spe)
            .Sign(
                new Deletion
                {
                    Lineage = lineage,
                    Permit = new string('a', 64),
                    Spe = (by ?? spe).Party,
                    Sources = ["cancer"],
                    At = (at ?? DateTimeOffset.UtcNow).ToUnixTimeSeconds(),
                }
            )
            .Text;

    /// <summary>Sends a proof as an SPE does.</summary>
    public async Task<HttpResponseMessage> ProveAsync(string lineage, string proof, string party = Spe)
    {
        Task<HttpResponseMessage> SendAsync() =>
            Host.As($"service-account-{party}", ["spe"], party: party)
                .PostAsync($"/v1/lineages/{lineage}/deletion", new StringContent(proof, Encoding.ASCII, "application/jose"));
        var response = await SendAsync();
        // On a busy machine Permit's answer may come later than it is good for.
        for (var i = 0; i < 5 && (int)response.StatusCode == 503 && Permits.PermitAnswers; i++)
        {
            response.Dispose();
            response = await SendAsync();
        }
        return response;
    }

    /// <summary>The folder of permit keys.</summary>
    public string PermitKeys => Path.Combine(directory, "permits");

    /// <summary>Another version of a permit, as Permit signs it.</summary>
    public SignedDocument<PermitDocument> Amend(SignedDocument<PermitDocument> before, Func<PermitDocument, PermitDocument> change) =>
        permit.Sign(change(before.Payload) with { Version = before.Payload.Version + 1, Previous = before.Digest });

    /// <summary>Whether a lineage has a key.</summary>
    public bool HasKey(string lineage) => File.Exists(KeyFile(lineage));

    public string KeyFile(string lineage) => Path.Combine(directory, "permits", $"{lineage}.key");

    /// <summary>A citizen who is signed in and was enrolled with a number.</summary>
    public HttpClient Citizen(string number, string sub = "sub-anna") => CitizenWith(SealedId(number, sub), sub);

    /// <summary>A citizen with any sealed_id, or none.</summary>
    public HttpClient CitizenWith(string? sealedId, string sub = "sub-anna") =>
        Host.With(TestTokens.For("pseudonymisation", sub, ["citizen"], sealedId: sealedId));

    /// <summary>A number as enrolment seals it.</summary>
    public string SealedId(string number, string sub, string issuer = TestTokens.Issuer, DocumentSigner? by = null) =>
        (by ?? enrolment)
            .Sign(
                new SealedId
                {
                    Issuer = issuer,
                    Sub = sub,
                    Box = Base64UrlText.Encode(
                        Crypt4GhFile.Seal(Encoding.ASCII.GetBytes(number), Trust.Store().EncryptionKeyOf("pseudonymisation")!)
                    ),
                }
            )
            .Text;

    /// <summary>The opt-out list as a decision takes it.</summary>
    public PermitOptOut TakeList(string? decision = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/opt-out-lists")
        {
            Content = JsonContent.Create(new { decision = decision ?? Guid.NewGuid().ToString("N") }),
        };
        using var response = AsPermit.Send(request);
        Assert.Equal(200, (int)response.StatusCode);
        using var answer = JsonDocument.Parse(response.Content.ReadAsStream());
        return new PermitOptOut(
            answer.RootElement.GetProperty("list").GetInt64(),
            answer.RootElement.GetProperty("commitment").GetString()!
        );
    }

    /// <summary>A permit over both sources, on the opt-out list as it is now unless another is named.</summary>
    public SignedDocument<PermitDocument> Grant(long budget = 1_000, PermitOptOut? optOut = null)
    {
        var now = DateTimeOffset.UtcNow;
        optOut ??= TakeList();
        PermitSource Over(string source, string holder) =>
            new()
            {
                Source = source,
                Holder = holder,
                IdentifierBudget = budget,
                Columns = [new("age", "integer")],
                Decision = new("hdab", 1_790_000_000),
                OptOut = optOut,
            };
        return permit.Sign(
            new PermitDocument
            {
                Id = Guid.NewGuid().ToString("N"),
                Lineage = Guid.NewGuid().ToString("N"),
                Version = 1,
                Previous = null,
                IssuedAt = now.ToUnixTimeSeconds(),
                From = now.AddDays(-1).ToUnixTimeSeconds(),
                To = now.AddYears(2).ToUnixTimeSeconds(),
                Applicant = new PermitApplicant("sub-nora", "999000301"),
                Persons = ["sub-nora"],
                Purpose = "research",
                LegalBasis = "GDPR 6(1)(e)",
                Format = PermitDocument.Pseudonymised,
                Spe = new PermitSpe(Spe, spe.PublicKey.Thumbprint, 1),
                Sources = [Over("cancer", Cancer.Party), Over("death", Death.Party)],
                Conditions = [],
            }
        );
    }

    /// <summary>An order for one source of a permit; not registered yet.</summary>
    public TestOrder OrderOf(SignedDocument<PermitDocument> permit, string source = "cancer", DocumentSigner? by = null) =>
        new(
            this,
            (by ?? gateway).Sign(
                new OrderDocument
                {
                    Id = Guid.NewGuid().ToString("N"),
                    Permit = permit.Digest,
                    Lineage = permit.Payload.Lineage,
                    Source = source,
                    UploadKey = Base64UrlText.Encode(RandomNumberGenerator.GetBytes(32)),
                    Due = DateTimeOffset.UtcNow.AddDays(30).ToUnixTimeSeconds(),
                }
            ),
            permit,
            source == "cancer" ? Cancer : Death
        );

    /// <summary>An order that Pseudonymisation knows.</summary>
    public async Task<TestOrder> OpenAsync(SignedDocument<PermitDocument>? permit = null, string source = "cancer", long budget = 1_000)
    {
        var order = OrderOf(permit ?? Grant(budget), source);
        using var registered = await order.RegisterAsync();
        Assert.True(registered.IsSuccessStatusCode, await registered.TextAsync());
        return order;
    }

    /// <summary>A batch of the population register, as it should be.</summary>
    public SentPart Batch(int number, params PopulationRecord[] changes) => BatchOf(number, Records(changes), changes.Length);

    public SentPart BatchOf(int number, byte[] records, long rows, DocumentSigner? by = null)
    {
        var file = Crypt4GhFile.Seal(records, Trust.Store().EncryptionKeyOf("pseudonymisation")!);
        return new SentPart(
            file,
            new SealBuilder(by ?? Population.Signer).Build(
                SealTypes.Population,
                "pseudonymisation",
                SealNames.PopulationFeed,
                number,
                rows,
                SealedBytes.Of(file)
            )
        );
    }

    public static byte[] Records(params PopulationRecord[] changes)
    {
        var records = new byte[changes.Length * PopulationRecord.Size];
        for (var i = 0; i < changes.Length; i++)
        {
            changes[i].Write(records.AsSpan(i * PopulationRecord.Size));
        }
        return records;
    }

    public static PopulationRecord Became(string was, string stands) =>
        new(PopulationKind.NumberChange, new DateOnly(2024, 5, 17), PersonIdentifier.Parse(was), PersonIdentifier.Parse(stands));

    public static PopulationRecord Of(PopulationKind kind, string person) =>
        new(kind, new DateOnly(2024, 5, 17), PersonIdentifier.Parse(person), null);

    public Task<HttpResponseMessage> FeedAsync(int number, SentPart sent, HttpClient? by = null) =>
        FeedAsync(number, sent.File, sent.Seal.Text, by);

    public Task<HttpResponseMessage> FeedAsync(int number, byte[] file, string seal, HttpClient? by = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Put, $"/v1/population-feed/{number}") { Content = new ByteArrayContent(file) };
        request.Headers.Add("Seal", seal);
        return (by ?? AsPopulation).ActAsync(request);
    }

    /// <summary>Sends changes as the next batch.</summary>
    public async Task TellAsync(params PopulationRecord[] changes)
    {
        var next = (int)JsonNode.Parse(await AsPopulation.TextAsync("/v1/population-feed"))!["next"]!;
        using var response = await FeedAsync(next, Batch(next, changes));
        Assert.Equal(204, (int)response.StatusCode);
    }

    /// <summary>Declares as a citizen; the answer.</summary>
    public async Task<JsonNode> DeclareAsync(string number, string choice, string sub = "sub-anna")
    {
        using var response = await Citizen(number, sub).PostJsonAsync("/v1/opt-out", new { choice });
        Assert.True(response.IsSuccessStatusCode, await response.TextAsync());
        return JsonNode.Parse(await response.TextAsync())!;
    }

    /// <summary>Asks for the lineage's next file of aliases.</summary>
    public Task<HttpResponseMessage> AliasesAsync(string lineage, int after, HttpClient? by = null, string? speKey = null) =>
        (by ?? AsSpe).PostJsonAsync($"/v1/lineages/{lineage}/aliases", new { after, speKey = speKey ?? SpeKeyDocument });

    /// <summary>The pairs of an answer: the pseudonym that was, and the one that stands.</summary>
    public async Task<(string Was, string Stands)[]> AliasesOfAsync(string lineage, int number, HttpResponseMessage response)
    {
        Assert.True(response.StatusCode == System.Net.HttpStatusCode.OK, await response.TextAsync());
        var file = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        var expected = new SealExpectation(SealTypes.Aliases, "pseudonymisation", Spe, SealNames.Aliases(lineage), number);
        var seal = new SealVerifier(Trust.Store()).Verify(response.Headers.GetValues("Seal").Single(), expected, SealedBytes.Of(file));
        var records = Crypt4GhFile.Open(file, SpeKey);
        RecordFormat.Aliases.Check(records);
        SealVerifier.CheckRows(seal.Payload, records.Length / RecordFormat.Aliases.Size);
        return
        [
            .. records
                .Chunk(RecordFormat.Aliases.Size)
                .Select(record => (Convert.ToHexStringLower(record.AsSpan(0, 16)), Convert.ToHexStringLower(record.AsSpan(16)))),
        ];
    }

    /// <summary>An encryption key of the SPE as somebody signs it.</summary>
    public string SignedSpeKey(DocumentSigner by) =>
        by.Sign(
            new SpeKey
            {
                Party = by.Party,
                Key = Base64UrlText.Encode(SpeKey.PublicKey),
                Sequence = 1,
                From = DateTimeOffset.UtcNow.AddDays(-1).ToUnixTimeSeconds(),
                To = DateTimeOffset.UtcNow.AddYears(1).ToUnixTimeSeconds(),
            }
        ).Text;

    /// <summary>Valid identifiers, ascending.</summary>
    public static string[] People(int count, int seed = 1)
    {
        var people = new SortedSet<string>(StringComparer.Ordinal);
        for (var individual = 0; people.Count < count; individual++)
        {
            if (Stage.Number(seed, individual) is { } number)
            {
                people.Add(number);
            }
        }
        return [.. people];
    }

    /// <summary>The same digits with a control digit that is wrong by every rule.</summary>
    public static string Spoilt(string identifier)
    {
        for (var last = '0'; ; last++)
        {
            var spoilt = identifier[..^1] + last;
            if (!PersonIdentifier.TryParse(Encoding.ASCII.GetBytes(spoilt), out _))
            {
                return spoilt;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await Permits.DisposeAsync();
        Trust.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    private Holder Enrol(string party)
    {
        var signer = Trust.Enrol(party, KeyUses.Holder);
        return new Holder(party, signer, Trust.EnrolEncryption(signer));
    }
}

/// <summary>A holder with its keys.</summary>
internal sealed record Holder(string Party, DocumentSigner Signer, EncryptionKey Key)
{
    public HttpClient At(ServiceHost host) => host.As($"service-account-{Party}", ["data-holder", "tokenise"], party: Party);
}

/// <summary>A part of identifiers as it is sent.</summary>
internal sealed record SentPart(byte[] File, SignedDocument<Seal> Seal);

/// <summary>One answer record.</summary>
internal sealed record Answer(AnswerCode Code, string Value);

/// <summary>An order, and what its holder and Gateway do with it.</summary>
internal sealed record TestOrder(
    PseudonymisationWorld World,
    SignedDocument<OrderDocument> Document,
    SignedDocument<PermitDocument> Permit,
    Holder Holder
)
{
    public string Digest => Document.Digest;
    public string Lineage => Permit.Payload.Lineage;
    private string Path => $"/v1/orders/{Digest}";

    public Task<HttpResponseMessage> RegisterAsync(HttpClient? by = null) =>
        (by ?? World.AsGateway).PutJsonAsync(Path, new { order = Document.Text, permit = Permit.Text });

    public Task<HttpResponseMessage> ReadAsync(HttpClient by) => by.FetchAsync(Path);

    /// <summary>A part that is sealed as it should be.</summary>
    public SentPart Seal(int part, params string[] identifiers) => SealText(part, string.Concat(identifiers), identifiers.Length);

    public SentPart SealText(int part, string text, int rows)
    {
        var file = Crypt4GhFile.Seal(Encoding.ASCII.GetBytes(text), World.Trust.Store().EncryptionKeyOf("pseudonymisation")!);
        return new SentPart(
            file,
            new SealBuilder(Holder.Signer).Build(SealTypes.Identifiers, "pseudonymisation", Digest, part, rows, SealedBytes.Of(file))
        );
    }

    public Task<HttpResponseMessage> SendAsync(int part, SentPart sent, HttpClient? by = null) =>
        SendAsync(part, sent.File, sent.Seal.Text, by);

    public Task<HttpResponseMessage> SendAsync(int part, byte[] file, string seal, HttpClient? by = null) =>
        PatientlyAsync(async () =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{Path}/tokens/{part}") { Content = new ByteArrayContent(file) };
            request.Headers.Add("Seal", seal);
            return await (by ?? Holder.At(World.Host)).ActAsync(request);
        });

    /// <summary>Sends a part and opens its answer, whose seal answers the part's.</summary>
    public async Task<Answer[]> TokeniseAsync(int part, params string[] identifiers)
    {
        var sent = Seal(part, identifiers);
        using var response = await SendAsync(part, sent);
        return await OpenAsync(sent, response);
    }

    public async Task<Answer[]> OpenAsync(SentPart sent, HttpResponseMessage response)
    {
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode} {await response.TextAsync()}");
        var file = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        var expected = new SealExpectation(
            SealTypes.Tokens,
            "pseudonymisation",
            Holder.Party,
            Digest,
            sent.Seal.Payload.Part,
            sent.Seal.Digest
        );
        new SealVerifier(World.Trust.Store()).Verify(response.Headers.GetValues("Seal").Single(), expected, SealedBytes.Of(file));
        var records = Crypt4GhFile.Open(file, Holder.Key);
        RecordFormat.TokenAnswers.Check(records);
        return Answers(records);
    }

    /// <summary>The holder's closing document for what it sent to Gateway.</summary>
    public async Task<HttpResponseMessage> HolderIsDoneAsync(DocumentSigner? by = null, string? order = null)
    {
        var closing = (by ?? Holder.Signer).Sign(
            new Closing
            {
                Order = order ?? Digest,
                Parts = [],
                Rows = 0,
                Persons = 0,
            }
        );
        return await World.AsGateway.PostAsync(
            $"{Path}/closing",
            new StringContent(closing.Text, Encoding.ASCII, "application/jose"),
            TestContext.Current.CancellationToken
        );
    }

    public Task<HttpResponseMessage> RekeyAsync(int batch, IEnumerable<string> tokens, HttpClient? by = null) =>
        PatientlyAsync(() =>
            (by ?? World.AsGateway).PostAsync(
                $"{Path}/rekey/{batch}",
                new ByteArrayContent(Convert.FromHexString(string.Concat(tokens))),
                TestContext.Current.CancellationToken
            )
        );

    /// <summary>Re-keys tokens in ascending order: delivery pseudonyms by token.</summary>
    public async Task<Dictionary<string, string>> PseudonymsAsync(int batch, IEnumerable<string> tokens)
    {
        var ascending = tokens.Order(StringComparer.Ordinal).ToArray();
        using var response = await RekeyAsync(batch, ascending);
        Assert.True(response.IsSuccessStatusCode, await response.TextAsync());
        var records = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        RecordFormat.RekeyAnswers.Check(records);
        return ascending.Zip(Answers(records)).ToDictionary(pair => pair.First, pair => pair.Second.Value);
    }

    /// <summary>The permit pseudonyms of identifiers, as the SPE comes to them: tokenised, re-keyed and undone there.</summary>
    public async Task<string[]> PermitPseudonymsAsync(params string[] identifiers)
    {
        var tokens = await TokeniseAsync(1, identifiers);
        using var done = await HolderIsDoneAsync();
        var delivered = await PseudonymsAsync(1, tokens.Where(token => token.Code == AnswerCode.Issued).Select(token => token.Value));
        using var answer = await DeliveryKeyAsync(World.SpeKeyDocument);
        var box = JsonNode.Parse(await answer.TextAsync())!["box"]!.GetValue<string>();
        using var delivery = new BatchCipher(Crypt4GhFile.Open(Convert.FromBase64String(box), World.SpeKey));
        return
        [
            .. tokens.Select(token =>
            {
                if (token.Code != AnswerCode.Issued)
                {
                    return token.Code.ToString();
                }
                var pseudonym = Convert.FromHexString(delivered[token.Value]);
                delivery.Decrypt(pseudonym, pseudonym);
                return Convert.ToHexStringLower(pseudonym);
            }),
        ];
    }

    public Task<HttpResponseMessage> DeliveryKeyAsync(string speKey) =>
        PatientlyAsync(() => World.AsGateway.PostJsonAsync($"{Path}/delivery-key", new { speKey }));

    public Task<HttpResponseMessage> EndAsync(string outcome) => World.AsGateway.PostJsonAsync($"{Path}/close", new { outcome });

    // On a busy machine Permit's answer may come later than it is good for: the sender is told to send the same again.
    private async Task<HttpResponseMessage> PatientlyAsync(Func<Task<HttpResponseMessage>> send)
    {
        var response = await send();
        for (
            var i = 0;
            i < 5
                && (int)response.StatusCode == 503
                && World.Permits is { PermitAnswers: true, AnswersTo: null, SpeStatus: SpeStatuses.Approved };
            i++
        )
        {
            response.Dispose();
            response = await send();
        }
        return response;
    }

    private static Answer[] Answers(byte[] records) =>
        [
            .. records
                .Chunk(AnswerRecord.Size)
                .Select(record => new Answer((AnswerCode)record[0], Convert.ToHexStringLower(record.AsSpan(1)))),
        ];
}

/// <summary>One trust centre for all the tests of a class; each test has permits of its own.</summary>
public sealed class PseudonymisationFixture(PostgresFixture postgres) : IAsyncLifetime
{
    internal PseudonymisationWorld World { get; private set; } = null!;

    public async ValueTask InitializeAsync() => World = await PseudonymisationWorld.StartAsync(postgres);

    public ValueTask DisposeAsync() => World.DisposeAsync();
}
