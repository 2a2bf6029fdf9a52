using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using HealthDataNode.Permit;
using HealthDataNode.Permit.Consumers;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ServiceDefaults.Messaging;
using HealthDataNode.Services.Tests.Gateway;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Facts = HealthDataNode.Pseudonymisation.Contracts.V1;

namespace HealthDataNode.Services.Tests.Permit;

/// <summary>Permit with a database, a root of trust, two sources, an approved environment and the people of the journey.</summary>
internal sealed class PermitWorld : IAsyncDisposable
{
    public const string Nora = "sub-nora";
    public const string Ivar = "sub-ivar";
    public const string Spe = "referencespe";

    private DocumentSigner speKey;

    private PermitWorld(TestTrust trust, Neighbours neighbours, ServiceHost host, string database, MovableTime time, DocumentSigner speKey)
    {
        (Trust, Around, Host, Database, Time, this.speKey) = (trust, neighbours, host, database, time, speKey);
    }

    public TestTrust Trust { get; }
    public Neighbours Around { get; }
    public ServiceHost Host { get; }
    public string Database { get; }
    public MovableTime Time { get; }

    public PinnedKeyView SpeKey => new(speKey.PublicKey.Thumbprint, speKey.Sequence);

    public HttpClient Applicant => Host.As(Nora, ["data-user"], org: "999000301");
    public HttpClient Colleague => Host.As(Ivar, ["data-user"], org: "999000301");
    public HttpClient Officer => Host.As("sub-officer", ["case-officer"], "999000001", "hdab");
    public HttpClient Maker => Host.As("sub-maker", ["decision-maker"], "999000001", "hdab");
    public HttpClient Committee => Host.As("sub-ethics", ["ethics-committee"], "999000501", "rek");
    public HttpClient TrustOfficer => Host.As("sub-trust-officer", ["case-officer"], "999000103", "hospitaltrust");
    public HttpClient TrustMaker => Host.As("sub-trust-maker", ["decision-maker"], "999000103", "hospitaltrust");
    public HttpClient Gateway => Host.As("service-gateway", ["rekey"], party: "gateway");
    public HttpClient ReferenceSpe => Host.As("service-spe", ["spe"], party: Spe);

    /// <summary>A Monday of the first week in which Chapter IV applies.</summary>
    public static DateTimeOffset Start { get; } = new(2029, 4, 9, 8, 0, 0, TimeSpan.Zero);

    public static async Task<PermitWorld> StartAsync(PostgresFixture postgres, Action<WebApplicationBuilder>? configure = null)
    {
        var time = new MovableTime(Start);
        var trust = new TestTrust(time);
        trust.Enrol("permit", KeyUses.Permit).Dispose();
        var speKey = trust.Enrol(Spe, KeyUses.Spe);
        var neighbours = await Neighbours.StartAsync();
        var database = await postgres.CreateDatabaseAsync("permit");
        Dictionary<string, string> settings = new(trust.Settings)
        {
            ["Party:Keys"] = trust.KeysOf("permit"),
            ["ConnectionStrings:permit"] = database,
            ["services:catalogue:http:0"] = neighbours.Address,
            ["services:speregistry:http:0"] = neighbours.Address,
            ["services:pseudonymisation:http:0"] = neighbours.Address,
        };
        var client = Path.Combine(trust.KeysOf("permit"), "client.pem");
        using (SigningKey.LoadOrCreate(client)) { }
        var host = await ServiceHost.StartAsync(
            PermitHost.Build,
            "permit",
            settings,
            time,
            builder =>
            {
                builder.Services.AddSingleton(TestIssuer.Of("permit", [], client));
                configure?.Invoke(builder);
            }
        );
        var world = new PermitWorld(trust, neighbours, host, database, time, speKey);
        world.DescribeSources();
        world.SetEnvironment("approved", Start.AddYears(2), world.SpeKey);
        return world;
    }

    public void SetEnvironment(string status, DateTimeOffset? approvedUntil, PinnedKeyView? signingKey, string party = Spe) =>
        Around.Environments[party] = new
        {
            party,
            name = "Reference",
            status,
            approvedUntil,
            signingKey,
        };

    /// <summary>A complete application, which a test may spoil.</summary>
    public static JsonObject Complete() =>
        JsonNode
            .Parse(
                """
                {
                  "title": "Survival after cancer by treatment",
                  "purpose": "53(1)(e)",
                  "intendedUse": "Compare survival between treatment groups.",
                  "benefit": "Better treatment of cancer.",
                  "legalBasis": "6(1)(e)",
                  "format": "pseudonymised",
                  "justification": "Persons must be linked between two sources.",
                  "persons": ["sub-nora"],
                  "spe": { "party": "referencespe", "reasons": "It runs SQL over linked sources." },
                  "period": { "from": "2029-04-09", "to": "2031-04-08" },
                  "safeguards": "Work in the room only; no small cells.",
                  "ethics": "No ethical approval is needed for registry data; assessed by the university.",
                  "declaredAgainst": ["54(a)", "54(b)", "54(c)", "54(d)", "54(e)"],
                  "sources": [
                    { "source": "cancer", "variables": ["diagnosis_date", "treatment"], "expectedPersons": 1000, "scope": "2000 to 2025" },
                    { "source": "death", "variables": ["death_date"], "expectedPersons": 501 }
                  ]
                }
                """
            )!
            .AsObject();

    public async Task<string> DraftAsync(JsonObject? content = null) =>
        (await Applicant.PostAsJsonAsync("v1/applications", content ?? Complete())).Read("id");

    /// <summary>Drafts and submits.</summary>
    public async Task<(string Application, string Case)> SubmitAsync(JsonObject? content = null)
    {
        var id = await DraftAsync(content);
        var submitted = await Applicant.SendAsync(With(HttpMethod.Post, $"v1/applications/{id}/submission", null, key: id));
        return (id, (string)(await submitted.JsonAsync())["cases"]![0]!["id"]!);
    }

    /// <summary>A complete application for three sources, of which the hospital trust decides on one.</summary>
    public static JsonObject ForThree(bool allOrNothing = false)
    {
        var content = Complete();
        content["allOrNothing"] = allOrNothing;
        content["sources"]!
            .AsArray()
            .Add(
                new JsonObject
                {
                    ["source"] = "treatment",
                    ["variables"] = new JsonArray("drug"),
                    ["expectedPersons"] = 400,
                }
            );
        return content;
    }

    /// <summary>Drafts and submits for three sources: one case for the HDAB, one for the hospital trust.</summary>
    public async Task<(string Application, string Hdab, string Trust)> SubmitToBothAsync(bool allOrNothing = false)
    {
        var (application, _) = await SubmitAsync(ForThree(allOrNothing));
        var cases = (await (await Applicant.GetAsync($"v1/applications/{application}")).JsonAsync())["cases"]!.AsArray();
        string Of(string authority) => (string)cases.Single(handled => (string?)handled!["authority"] == authority)!["id"]!;
        return (application, Of("hdab"), Of("hospitaltrust"));
    }

    /// <summary>An approval by the authority that gives it, having read the application where it may.</summary>
    public async Task<HttpResponseMessage> ApproveAsync(
        string application,
        string kind = "ethics",
        string outcome = "granted",
        HttpClient? by = null,
        string? key = null
    )
    {
        var official = by ?? (kind == "ethics" ? Committee : Maker);
        var read = await official.GetAsync($"v1/applications/{application}");
        return await official.SendAsync(
            With(
                HttpMethod.Post,
                $"v1/applications/{application}/approvals/{kind}",
                new { outcome, reasons = "As assessed." },
                key ?? Guid.NewGuid().ToString(),
                read.Headers.ETag?.Tag
            )
        );
    }

    /// <summary>The applicant takes an application back, having read it.</summary>
    public async Task<HttpResponseMessage> WithdrawAsync(string application, string? key = null)
    {
        var read = await Applicant.GetAsync($"v1/applications/{application}");
        var path = $"v1/applications/{application}/withdrawal";
        return await Applicant.SendAsync(With(HttpMethod.Post, path, null, key ?? Guid.NewGuid().ToString(), read.Headers.ETag?.Tag));
    }

    /// <summary>Who gave an approval takes it back.</summary>
    public Task<HttpResponseMessage> RevokeApprovalAsync(string application, string kind = "ethics", HttpClient? by = null) =>
        (by ?? (kind == "ethics" ? Committee : Maker)).PostAsJsonAsync(
            $"v1/applications/{application}/approvals/{kind}/revocation",
            new { reasons = "New facts." }
        );

    /// <summary>Prepares the trust's case, and decides it.</summary>
    public async Task<HttpResponseMessage> DecideAtTrustAsync(string id, string outcome = "granted")
    {
        (
            await TrustOfficer.PostAsJsonAsync($"v1/cases/{id}/preparation", new { outcome, reasons = "Assessed." })
        ).EnsureSuccessStatusCode();
        return await DecideAsync(id, outcome, by: TrustMaker);
    }

    /// <summary>Prepares the HDAB's case, and decides it.</summary>
    public async Task<HttpResponseMessage> DecideAtHdabAsync(string id, string outcome = "granted")
    {
        (await Officer.PostAsJsonAsync($"v1/cases/{id}/preparation", new { outcome, reasons = "Assessed." })).EnsureSuccessStatusCode();
        return await DecideAsync(id, outcome);
    }

    /// <summary>The newest version of a permit, verified.</summary>
    public async Task<SignedDocument<PermitDocument>> PermitAsync(string lineage) =>
        Trust.Store().Verify<PermitDocument>(await Gateway.GetStringAsync($"v1/permits/{lineage}/document"));

    /// <summary>What Pseudonymisation tells of a lineage that has ended, as the broker brings it; each twice.</summary>
    public async Task EndAsync(string lineage)
    {
        object[] told =
        [
            new Facts.DeletionProved(lineage, Spe, new string('a', 64), Time.GetUtcNow()),
            new Facts.KeyShredded(lineage, new string('b', 64), Time.GetUtcNow().AddMinutes(1)),
        ];
        foreach (var message in told.Concat(told))
        {
            await using var scope = Host.Services.CreateAsyncScope();
            var handler = scope.ServiceProvider.GetRequiredService<LineageEndHandler>();
            var received = new ReceivedEvent(Guid.NewGuid(), "", "pseudonymisation", 1, Time.GetUtcNow(), null, "");
            await (
                message is Facts.DeletionProved proved
                    ? handler.HandleAsync(proved, received, TestContext.Current.CancellationToken)
                    : handler.HandleAsync((Facts.KeyShredded)message, received, TestContext.Current.CancellationToken)
            );
        }
    }

    /// <summary>The environment has a new key, endorsed by the one before, which has ended.</summary>
    public void ReplaceSpeKey() => speKey = Trust.Replace(speKey, KeyUses.Spe);

    /// <summary>A record of what left a room, signed by the environment.</summary>
    public SignedDocument<Release> SignRelease(Release release) => speKey.Sign(release);

    /// <summary>Drafts, submits and prepares, and the ethics committee says yes.</summary>
    public async Task<(string Application, string Case)> PrepareAsync(JsonObject? content = null)
    {
        var (application, id) = await SubmitAsync(content);
        (await ApproveAsync(application)).EnsureSuccessStatusCode();
        (
            await Officer.PostAsJsonAsync($"v1/cases/{id}/preparation", new { outcome = "granted", reasons = "All of 68(1) is met." })
        ).EnsureSuccessStatusCode();
        return (application, id);
    }

    /// <summary>Decides as the decision-maker, having read the case.</summary>
    public async Task<HttpResponseMessage> DecideAsync(string id, string outcome = "granted", string? key = null, HttpClient? by = null)
    {
        var maker = by ?? Maker;
        var read = await maker.GetAsync($"v1/cases/{id}");
        return await maker.SendAsync(
            With(
                HttpMethod.Post,
                $"v1/cases/{id}/decision",
                new { outcome, reasons = "Decided as proposed." },
                key ?? Guid.NewGuid().ToString(),
                read.Headers.ETag?.Tag
            )
        );
    }

    /// <summary>All the way to a permit.</summary>
    public async Task<string> GrantAsync(JsonObject? content = null)
    {
        var (_, id) = await PrepareAsync(content);
        return (string)(await (await DecideAsync(id)).JsonAsync())["permit"]!["lineage"]!;
    }

    public static HttpRequestMessage With(HttpMethod method, string path, object? body, string? key = null, string? ifMatch = null)
    {
        var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }
        if (ifMatch is not null)
        {
            request.Headers.Add("If-Match", ifMatch);
        }
        return request;
    }

    /// <summary>The payloads in the outbox of one kind of event, oldest first.</summary>
    public async Task<IReadOnlyList<JsonNode>> EventsAsync(string contract)
    {
        var payloads = await QueryAsync($"SELECT payload FROM messaging.outbox WHERE contract = '{contract}' ORDER BY id");
        return [.. payloads.Select(payload => JsonNode.Parse((string)payload)!)];
    }

    public async Task<IReadOnlyList<object>> QueryAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        List<object> values = [];
        while (await reader.ReadAsync())
        {
            values.Add(reader.GetValue(0));
        }
        return values;
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await Around.DisposeAsync();
        speKey.Dispose();
        Trust.Dispose();
    }

    private void DescribeSources()
    {
        Around.Descriptions["cancer"] = new
        {
            source = "cancer",
            holder = "cancerregistry",
            version = 1,
            variables = new object[]
            {
                new
                {
                    name = "diagnosis_date",
                    datatype = "date",
                    title = new { nb = "Dato", en = "Date" },
                },
                new
                {
                    name = "icd10",
                    datatype = "string",
                    maxLength = 5,
                },
                new
                {
                    name = "treatment",
                    datatype = "string",
                    maxLength = 20,
                },
            },
        };
        Around.Descriptions["death"] = new
        {
            source = "death",
            holder = "deathregistry",
            variables = new object[] { new { name = "death_date", datatype = "date" } },
        };
        Around.Descriptions["treatment"] = new
        {
            source = "treatment",
            holder = "hospitaltrust",
            variables = new object[]
            {
                new
                {
                    name = "drug",
                    datatype = "string",
                    maxLength = 20,
                },
            },
        };
    }
}

/// <summary>A signing key as the registry shows it.</summary>
internal sealed record PinnedKeyView(string Thumbprint, int Sequence);

/// <summary>Reading answers.</summary>
internal static class Reading
{
    public static async Task<JsonNode> JsonAsync(this HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode}: {text}");
        return JsonNode.Parse(text)!;
    }

    public static string Read(this HttpResponseMessage response, string member) =>
        (string)response.JsonAsync().GetAwaiter().GetResult()[member]!;

    public static Task<HttpResponseMessage> FetchAsync(this HttpClient client, string path) =>
        client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);

    public static Task<string> TextAsync(this HttpClient client, string path) =>
        client.GetStringAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);

    public static Task<string> TextAsync(this HttpResponseMessage response) =>
        response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

    public static Task<HttpResponseMessage> PostJsonAsync(this HttpClient client, string path, object body) =>
        client.PostAsJsonAsync(path, body, TestContext.Current.CancellationToken);

    public static Task<HttpResponseMessage> PutJsonAsync(this HttpClient client, string path, object body) =>
        client.PutAsJsonAsync(path, body, TestContext.Current.CancellationToken);

    public static Task<HttpResponseMessage> ActAsync(this HttpClient client, HttpRequestMessage request) =>
        client.SendAsync(request, TestContext.Current.CancellationToken);

    /// <summary>The status and problem type of a refusal.</summary>
    public static async Task<(int Status, string Type)> ProblemAsync(this HttpResponseMessage response)
    {
        var problem = JsonNode.Parse(await response.Content.ReadAsStringAsync());
        const string prefix = "https://healthdatanode.example/problems/";
        var type = (string)problem!["type"]!;
        Assert.StartsWith(prefix, type, StringComparison.Ordinal);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        return ((int)response.StatusCode, type[prefix.Length..]);
    }

    public static string Pretty(this JsonNode node) => node.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
}
