using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Oidc;
using HealthDataNode.Protocol.Trust;
using Microsoft.Extensions.Time.Testing;

namespace HealthDataNode.Services.Tests.Protocol;

public sealed class Taking_a_machine_token : IDisposable
{
    private const string Issuer = "https://localhost:5001/realms/health-data-node";
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 11, 25, 12, 0, 0, TimeSpan.Zero));
    private readonly string folder = Directory.CreateTempSubdirectory("oidc-").FullName;
    private readonly SigningKey key = SigningKey.Create();
    private readonly TinyIssuer issuer;
    private readonly HttpClient http;
    private readonly MachineTokenSource tokens;

    public Taking_a_machine_token()
    {
        var file = Path.Combine(folder, "client.pem");
        key.Save(file);
        issuer = new TinyIssuer(key, time);
        http = new HttpClient(issuer);
        tokens = new MachineTokenSource(http, new MachineIdentity(Issuer, "cancerregistry", file), time);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        tokens.Dispose();
        http.Dispose();
        key.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Proves_the_client_with_an_assertion_for_one_call()
    {
        Assert.Equal("token-1-gateway", await tokens.TokenAsync("gateway", Cancel));
        Assert.Equal("token-2-permit", await tokens.TokenAsync("permit", Cancel));
        Assert.Equal(2, issuer.Assertions.Select(a => a.GetProperty("jti").GetString()).Distinct().Count());
        Assert.All(
            issuer.Assertions,
            a =>
            {
                Assert.Equal("cancerregistry", a.GetProperty("iss").GetString());
                Assert.Equal("cancerregistry", a.GetProperty("sub").GetString());
                Assert.Equal(Issuer, a.GetProperty("aud").GetString());
                Assert.Equal(60, a.GetProperty("exp").GetInt64() - time.GetUtcNow().ToUnixTimeSeconds());
            }
        );
    }

    [Fact]
    public async Task Keeps_a_token_until_half_a_minute_before_its_end()
    {
        await tokens.TokenAsync("gateway", Cancel);
        time.Advance(TimeSpan.FromSeconds(269));
        Assert.Equal("token-1-gateway", await tokens.TokenAsync("gateway", Cancel));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("token-2-gateway", await tokens.TokenAsync("gateway", Cancel));
    }

    [Fact]
    public async Task Asks_once_for_many_callers()
    {
        var callers = Enumerable.Range(0, 50).Select(_ => Task.Run(() => tokens.TokenAsync("gateway", Cancel).AsTask()));
        var answers = await Task.WhenAll(callers);

        Assert.Single(answers.Distinct());
        Assert.Single(issuer.Assertions);
    }

    [Fact]
    public async Task Asks_anew_after_an_API_has_refused_a_token()
    {
        using var api = new HttpClient(new MachineTokenHandler(tokens, "gateway") { InnerHandler = issuer });
        using var refused = await api.GetAsync(new Uri("https://api.example/401"), Cancel);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        using var accepted = await api.GetAsync(new Uri("https://api.example/"), Cancel);
        Assert.Equal(["Bearer token-1-gateway", "Bearer token-2-gateway"], issuer.Bearers);
    }

    [Fact]
    public async Task Believes_no_discovery_document_of_another_issuer()
    {
        issuer.Name = "https://localhost:5001/realms/other";
        await Assert.ThrowsAsync<HttpRequestException>(() => tokens.TokenAsync("gateway", Cancel).AsTask());
        Assert.Empty(issuer.Assertions);
    }

    [Fact]
    public async Task Says_why_the_issuer_refused()
    {
        var e = await Assert.ThrowsAsync<HttpRequestException>(() => tokens.TokenAsync("refused", Cancel).AsTask());
        Assert.Contains("invalid_scope", e.Message, StringComparison.Ordinal);
        Assert.Equal("token-2-gateway", await tokens.TokenAsync("gateway", Cancel));
    }

    private sealed class TinyIssuer(SigningKey key, TimeProvider time) : HttpMessageHandler
    {
        private int count;

        public string Name { get; set; } = Issuer;

        public ConcurrentQueue<JsonElement> Assertions { get; } = [];

        public ConcurrentQueue<string> Bearers { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            switch (request.RequestUri!.AbsolutePath)
            {
                case "/realms/health-data-node/.well-known/openid-configuration":
                    return Json(new { issuer = Name, token_endpoint = Issuer + "/token" });
                case "/realms/health-data-node/token":
                    var form = (await request.Content!.ReadAsStringAsync(cancellationToken))
                        .Split('&')
                        .Select(p => p.Split('='))
                        .ToDictionary(p => p[0], p => Uri.UnescapeDataString(p[1]));
                    await Task.Delay(20, cancellationToken);
                    return Token(form);
                default:
                    Bearers.Enqueue(request.Headers.Authorization!.ToString());
                    return new HttpResponseMessage(
                        request.RequestUri.AbsolutePath == "/401" ? HttpStatusCode.Unauthorized : HttpStatusCode.OK
                    );
            }
        }

        private static HttpResponseMessage Json(object body, HttpStatusCode status = HttpStatusCode.OK) =>
            new(status) { Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json") };

        private HttpResponseMessage Token(Dictionary<string, string> form)
        {
            var parts = form["client_assertion"].Split('.');
            using var ecdsa = key.PublicKey.ToEcdsa();
            var header = JsonSerializer.Deserialize<JsonElement>(Base64UrlText.Decode(parts[0]));
            var claims = JsonSerializer.Deserialize<JsonElement>(Base64UrlText.Decode(parts[1]));
            Assert.Equal("client-authentication+jwt", header.GetProperty("typ").GetString());
            Assert.Equal("ES256", header.GetProperty("alg").GetString());
            Assert.True(
                ecdsa.VerifyData(
                    Encoding.ASCII.GetBytes(parts[0] + "." + parts[1]),
                    Base64UrlText.Decode(parts[2]),
                    HashAlgorithmName.SHA256
                )
            );
            Assert.Equal("client_credentials", form["grant_type"]);
            Assert.Equal("cancerregistry", form["client_id"]);
            Assert.Equal("urn:ietf:params:oauth:client-assertion-type:jwt-bearer", form["client_assertion_type"]);
            Assert.True(claims.GetProperty("iat").GetInt64() <= time.GetUtcNow().ToUnixTimeSeconds());
            Assertions.Enqueue(claims);
            var number = Interlocked.Increment(ref count);
            return form["scope"] == "refused"
                ? Json(new { error = "invalid_scope" }, HttpStatusCode.BadRequest)
                : Json(
                    new
                    {
                        access_token = $"token-{number}-{form["scope"]}",
                        expires_in = 300,
                        token_type = "Bearer",
                    }
                );
        }
    }
}
