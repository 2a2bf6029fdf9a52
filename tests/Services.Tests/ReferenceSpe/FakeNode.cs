using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;

namespace HealthDataNode.Services.Tests.ReferenceSpe;

/// <summary>
/// The node as an SPE sees it through the Edge, and the issuer of its tokens: answers with documents that are really
/// signed, and remembers what it was sent.
/// </summary>
internal sealed class FakeNode(DocumentSigner permit, DocumentSigner registry) : HttpMessageHandler
{
    /// <summary>Who may enter.</summary>
    public HashSet<string> Persons { get; } = [SpeWorld.Nora];

    /// <summary>Receipts that were accepted.</summary>
    public ConcurrentQueue<(string Order, string Text)> Receipts { get; } = [];

    /// <summary>Audit entries.</summary>
    public ConcurrentQueue<AuditEntry> Audit { get; } = [];

    /// <summary>Registrations.</summary>
    public ConcurrentQueue<JsonElement> Registrations { get; } = [];

    /// <summary>Releases that were accepted.</summary>
    public ConcurrentQueue<(string Lineage, string Text)> Releases { get; } = [];

    /// <summary>How many receipts are answered with 503 first.</summary>
    public int ReceiptFaults { get; set; }

    /// <summary>Whether Permit answers.</summary>
    public bool IsSilent { get; set; }

    /// <summary>Changes an answer before it is signed, or signs with another key.</summary>
    public Func<AccessAnswer, string>? Answer { get; set; }

    /// <summary>The newest version of each permit.</summary>
    public ConcurrentDictionary<string, SignedDocument<PermitDocument>> Permits { get; } = new();

    /// <summary>What a state check says of every permit.</summary>
    public string State { get; set; } = LineageStates.InForce;

    /// <summary>What a status check says of this SPE.</summary>
    public string Status { get; set; } = SpeStatuses.Approved;

    /// <summary>Changes an answer to a state check before it is signed, signs with another key, or sends an old one.</summary>
    public Func<PermitState, string>? StateAnswer { get; set; }

    /// <summary>The node's clock.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;

    /// <summary>Proofs of deletion that were accepted.</summary>
    public ConcurrentQueue<(string Lineage, string Text)> Deletions { get; } = [];

    /// <summary>How many proofs are answered with 503 first.</summary>
    public int DeletionFaults { get; set; }

    /// <summary>What is answered when an SPE asks for aliases: after which file, sealed to which key; null where none follow.</summary>
    public Func<string, int, SpeKey, (byte[] Box, string Seal)?>? Aliases { get; set; }

    /// <summary>Access checks that were asked.</summary>
    public int Questions => questions;

    private int questions;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.AbsolutePath;
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        if (path.EndsWith("/openid-configuration", StringComparison.Ordinal))
        {
            var issuer = request.RequestUri.AbsoluteUri[..^"/.well-known/openid-configuration".Length];
            return Json($$"""{"issuer":"{{issuer}}","token_endpoint":"{{issuer}}/token"}""");
        }

        if (path.EndsWith("/token", StringComparison.Ordinal))
        {
            return Json("""{"access_token":"machine","expires_in":300,"token_type":"Bearer"}""");
        }

        if (request.Headers.Authorization?.Parameter != "machine")
        {
            return new HttpResponseMessage(HttpStatusCode.Unauthorized);
        }

        return path switch
        {
            "/permit/v1/access-checks" => AnswerAccess(JsonSerializer.Deserialize<JsonElement>(body)),
            "/permit/v1/state-checks" => AnswerStates(JsonSerializer.Deserialize<JsonElement>(body)),
            "/speregistry/v1/status-checks" => AnswerStatus(JsonSerializer.Deserialize<JsonElement>(body)),
            _ when path.EndsWith("/document", StringComparison.Ordinal) => Permits.TryGetValue(path.Split('/')[4], out var newest)
                ? Jose(newest.Text)
                : new HttpResponseMessage(HttpStatusCode.NotFound),
            _ when path.EndsWith("/aliases", StringComparison.Ordinal) => AnswerAliases(
                path.Split('/')[4],
                JsonSerializer.Deserialize<JsonElement>(body)
            ),
            _ when path.EndsWith("/deletion", StringComparison.Ordinal) => TakeDeletion(path.Split('/')[4], body),
            "/audit/v1/entries" => Remember(body),
            "/speregistry/v1/environments/referencespe/endpoints" => Register(JsonSerializer.Deserialize<JsonElement>(body)),
            _ when path.StartsWith("/permit/v1/permits/", StringComparison.Ordinal)
                    && path.EndsWith("/releases", StringComparison.Ordinal) => TakeRelease(path.Split('/')[4], body),
            _ when path.StartsWith("/gateway/v1/orders/", StringComparison.Ordinal) => TakeReceipt(path.Split('/')[4], body),
            _ => new HttpResponseMessage(HttpStatusCode.NotFound),
        };
    }

    private HttpResponseMessage AnswerAccess(JsonElement question)
    {
        Interlocked.Increment(ref questions);
        if (IsSilent)
        {
            throw new HttpRequestException("Nobody answers.");
        }

        var now = Time.GetUtcNow().ToUnixTimeSeconds();
        var sub = question.GetProperty("sub").GetString()!;
        var answer = new AccessAnswer
        {
            Caller = SpeWorld.Spe,
            Nonce = question.GetProperty("nonce").GetString()!,
            At = now,
            Until = now + 3,
            Lineage = question.GetProperty("lineage").GetString()!,
            Sub = sub,
            Allowed = Persons.Contains(sub),
            Version = Permits.TryGetValue(question.GetProperty("lineage").GetString()!, out var newest) ? newest.Payload.Version : 1,
        };
        return Jose(Answer is null ? permit.Sign(answer).Text : Answer(answer));
    }

    private HttpResponseMessage AnswerStates(JsonElement question)
    {
        if (IsSilent)
        {
            throw new HttpRequestException("Nobody answers.");
        }

        var now = Time.GetUtcNow().ToUnixTimeSeconds();
        var answer = new PermitState
        {
            Caller = SpeWorld.Spe,
            Nonce = question.GetProperty("nonce").GetString()!,
            At = now,
            Until = now + 3,
            States =
            [
                .. question
                    .GetProperty("lineages")
                    .EnumerateArray()
                    .Select(lineage =>
                        Permits.TryGetValue(lineage.GetString()!, out var newest)
                            ? new LineageState(lineage.GetString()!, newest.Payload.Version, newest.Digest, State)
                            : new LineageState(lineage.GetString()!, 0, null, LineageStates.Unknown)
                    ),
            ],
        };
        return Jose(StateAnswer is null ? permit.Sign(answer).Text : StateAnswer(answer));
    }

    private HttpResponseMessage AnswerStatus(JsonElement question)
    {
        var now = Time.GetUtcNow().ToUnixTimeSeconds();
        return Jose(
            registry
                .Sign(
                    new SpeState
                    {
                        Caller = SpeWorld.Spe,
                        Nonce = question.GetProperty("nonce").GetString()!,
                        At = now,
                        Until = now + 3,
                        States =
                        [
                            .. question
                                .GetProperty("parties")
                                .EnumerateArray()
                                .Select(party => new SpeStatus(party.GetString()!, 1, Status)),
                        ],
                    }
                )
                .Text
        );
    }

    private HttpResponseMessage AnswerAliases(string lineage, JsonElement question)
    {
        var key = JsonSerializer.Deserialize(Jws.Read(question.GetProperty("speKey").GetString()!).Payload.Span, SpeKey.Json)!;
        if (Aliases?.Invoke(lineage, question.GetProperty("after").GetInt32(), key) is not { } answer)
        {
            return new HttpResponseMessage(HttpStatusCode.NoContent);
        }

        var response = new HttpResponseMessage { Content = new ByteArrayContent(answer.Box) };
        response.Headers.Add("Seal", answer.Seal);
        return response;
    }

    private HttpResponseMessage TakeDeletion(string lineage, string text)
    {
        if (DeletionFaults > 0)
        {
            DeletionFaults--;
            return new HttpResponseMessage(HttpStatusCode.ServiceUnavailable);
        }

        Deletions.Enqueue((lineage, text));
        return new HttpResponseMessage(HttpStatusCode.NoContent);
    }

    private static HttpResponseMessage Jose(string text) => new() { Content = new StringContent(text, Encoding.ASCII, "application/jose") };

    private HttpResponseMessage Remember(string entry)
    {
        Audit.Enqueue(JsonSerializer.Deserialize(Jws.Read(entry).Payload.Span, AuditEntry.Json)!);
        return new HttpResponseMessage(HttpStatusCode.Created);
    }

    private HttpResponseMessage Register(JsonElement body)
    {
        Registrations.Enqueue(body);
        return new HttpResponseMessage { Content = JsonContent.Create(new { }) };
    }

    private HttpResponseMessage TakeReceipt(string order, string text)
    {
        if (ReceiptFaults > 0)
        {
            ReceiptFaults--;
            return new HttpResponseMessage(HttpStatusCode.ServiceUnavailable);
        }

        Receipts.Enqueue((order, text));
        return new HttpResponseMessage(HttpStatusCode.NoContent);
    }

    private HttpResponseMessage TakeRelease(string lineage, string text)
    {
        Releases.Enqueue((lineage, text));
        return new HttpResponseMessage(HttpStatusCode.NoContent);
    }

    private static HttpResponseMessage Json(string text) => new() { Content = new StringContent(text, Encoding.UTF8, "application/json") };
}
