using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Oidc;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Protocol.Uploads;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HealthDataNode.Services.Tests.Gateway;

/// <summary>
/// Permit's state checks, SpeRegistry's listing and an SPE's ingress on one real server, with real signed documents.
/// </summary>
internal sealed class Neighbours : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly string directory = Directory.CreateTempSubdirectory("hdn-spe-").FullName;

    private Neighbours(DocumentSigner permit, TrustStore trust, DocumentSigner? speRegistry)
    {
        var builder = WebApplication.CreateBuilder(["--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IUploadStore>(new FileUploadStore(directory));
        builder.Services.AddSingleton(new SealVerifier(trust));
        builder.Services.AddSingleton(this);
        builder.Services.AddScoped<Ingress>();
        app = builder.Build();
        app.MapPost(
            "/v1/state-checks",
            (Question question, HttpRequest request) =>
            {
                Asked++;
                var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
                var states = question.Lineages.Select(lineage => new LineageState(
                    lineage,
                    Permits.GetValueOrDefault(lineage)?.Payload.Version ?? 1,
                    Permits.GetValueOrDefault(lineage)?.Digest ?? new string('a', 64),
                    States.GetValueOrDefault(lineage, LineageStates.InForce)
                ));
                var answer = new PermitState
                {
                    Caller = AnswersTo ?? request.Headers["X-Test-Party"].FirstOrDefault() ?? "gateway",
                    Nonce = question.Nonce,
                    At = now,
                    Until = now + 3,
                    States = [.. states],
                };
                return PermitAnswers ? Results.Text(permit.Sign(answer).Text, "application/jose") : Results.StatusCode(503);
            }
        );
        app.MapGet(
            "/v1/permits/{lineage}/document",
            (string lineage) =>
                PermitAnswers && Permits.TryGetValue(lineage, out var newest)
                    ? Results.Text(newest.Text, "application/jose")
                    : Results.StatusCode(503)
        );
        app.MapPost(
            "/v1/status-checks",
            (StatusQuestion question, HttpRequest request) =>
            {
                AskedForSpe++;
                var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
                var answer = new SpeState
                {
                    Caller = request.Headers["X-Test-Party"].FirstOrDefault() ?? "gateway",
                    Nonce = question.Nonce,
                    At = now,
                    Until = now + 3,
                    States = [.. question.Parties.Select(party => new SpeStatus(party, SpeVersion, SpeStatus))],
                };
                return Results.Text(speRegistry!.Sign(answer).Text, "application/jose");
            }
        );
        app.MapGet("/v1/environments/{party}", (string party) => Results.Json(Environment(party)));
        app.MapPut(
            "/ingress/v1/orders/{id}",
            (string id, JsonElement body) =>
            {
                Announced[id] = body;
                return Results.NoContent();
            }
        );
        app.MapResumableUploads<Ingress>("/ingress/v1/orders/{id}/parts");
        app.MapPost(
            "/ingress/v1/orders/{id}/manifest",
            (string id, JsonElement body, HttpRequest request) =>
            {
                if (ManifestProblems.TryRemove(body.GetProperty("order").GetString()!, out var problem))
                {
                    return ProtocolProblem.Of(ProblemTypes.Prefix + problem, 409, "Refused").ToResult();
                }
                TraceParents[id] = request.Headers.TraceParent.ToString();
                Manifests[id] = body;
                return Results.Accepted();
            }
        );
    }

    public sealed record Question(string Nonce, string[] Lineages);

    public sealed record StatusQuestion(string Nonce, string[] Parties);

    public Uri Address { get; private set; } = null!;
    public System.Collections.Concurrent.ConcurrentDictionary<string, string> States { get; } = new();

    /// <summary>By lineage: the newest version, where it is not the first.</summary>
    public System.Collections.Concurrent.ConcurrentDictionary<string, SignedDocument<PermitDocument>> Permits { get; } = new();
    public bool PermitAnswers { get; set; } = true;
    public string? AnswersTo { get; set; }
    public int Asked { get; private set; }
    public int AskedForSpe { get; private set; }
    public string SpeStatus { get; set; } = "approved";
    public int SpeVersion { get; set; } = 1;
    public string SpeKey { get; set; } = "";

    /// <summary>By order document: how its next manifest is refused.</summary>
    public System.Collections.Concurrent.ConcurrentDictionary<string, string> ManifestProblems { get; } = new();

    /// <summary>By id: order and permit, as they come before the first part.</summary>
    public System.Collections.Concurrent.ConcurrentDictionary<string, JsonElement> Announced { get; } = new();
    public System.Collections.Concurrent.ConcurrentDictionary<string, JsonElement> Manifests { get; } = new();
    public System.Collections.Concurrent.ConcurrentDictionary<string, string> TraceParents { get; } = new();

    public static async Task<Neighbours> StartAsync(DocumentSigner permit, TrustStore trust, DocumentSigner? speRegistry = null)
    {
        var neighbours = new Neighbours(permit, trust, speRegistry);
        await neighbours.app.StartAsync();
        neighbours.Address = new Uri(
            neighbours.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()
        );
        return neighbours;
    }

    /// <summary>What the SPE got as this part.</summary>
    public string Delivered(string order, int part) =>
        new FileUploadStore(directory).PathOf(new UploadKey(order, SealTypes.Delivery, part));

    /// <summary>How many bytes of this part the SPE has got.</summary>
    public long ReceivedOf(string order, int part) => File.Exists(Delivered(order, part)) ? new FileInfo(Delivered(order, part)).Length : 0;

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
        Directory.Delete(directory, recursive: true);
    }

    private object Environment(string party) =>
        new
        {
            party,
            name = "A room",
            org = "999000201",
            ingressUrl = $"{Address}ingress/v1",
            doorUrl = $"{Address}",
            status = SpeStatus,
            encryptionKey = SpeKey,
        };

    /// <summary>The ingress, as an SPE has it: it takes what Gateway sealed to it, of an order that it knows.</summary>
    internal sealed class Ingress(SealVerifier seals, Neighbours neighbours) : IUploadReceiver
    {
        public Task<ProtocolProblem?> AuthoriseAsync(HttpContext context, string order) => Task.FromResult<ProtocolProblem?>(null);

        public Task<UploadAdmission> AdmitAsync(HttpContext context, string order, string seal)
        {
            if (!neighbours.Announced.ContainsKey(order))
            {
                return Task.FromResult(UploadAdmission.Refuse(ProtocolProblem.Of(ProblemTypes.NotFound, 404, "No such order")));
            }
            var claimed = JsonDocument.Parse(Jws.Read(seal).Payload).RootElement.GetProperty("order").GetString()!;
            return Task.FromResult(
                UploadAdmission.Admit(seals.Verify(seal, new SealExpectation(SealTypes.Delivery, "gateway", "referencespe", claimed)))
            );
        }

        public Task<ProtocolProblem?> ReceiveAsync(HttpContext context, UploadState upload) => Task.FromResult<ProtocolProblem?>(null);
    }
}

/// <summary>An issuer that gives a machine tokens of <see cref="TestTokens"/>.</summary>
internal sealed class TestIssuer(string party, string[] roles) : HttpMessageHandler
{
    /// <summary>A token source whose tokens this issuer gives.</summary>
    public static MachineTokenSource Of(string party, string[] roles, string keyFile) =>
        new(new HttpClient(new TestIssuer(party, roles)), new MachineIdentity(TestTokens.Issuer, party, keyFile));

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Method == HttpMethod.Get)
        {
            return Json(new { issuer = TestTokens.Issuer, token_endpoint = $"{TestTokens.Issuer}/token" });
        }
        var form = await request.Content!.ReadAsStringAsync(cancellationToken);
        var scope = form.Split('&').Single(pair => pair.StartsWith("scope=", StringComparison.Ordinal))["scope=".Length..];
        return Json(new { access_token = TestTokens.For(scope, $"service-account-{party}", roles, party: party), expires_in = 300 });
    }

    private static HttpResponseMessage Json(object body) => new(HttpStatusCode.OK) { Content = JsonContent.Create(body) };
}
