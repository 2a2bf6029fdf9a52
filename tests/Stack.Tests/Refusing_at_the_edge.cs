using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using HealthDataNode.Protocol.Documents;
using Npgsql;

namespace HealthDataNode.Stack.Tests;

/// <summary>What the whole node refuses, seen from outside.</summary>
[Collection(nameof(StackCollection))]
public sealed class Refusing_at_the_edge(Stack stack)
{
    private const string Problems = "https://healthdatanode.example/problems/";

    [Fact]
    public async Task Nobody_without_a_token_is_served()
    {
        Stack.SkipWhereItCannotRun();
        using var client = stack.Client();

        await RefusedAsync(client, HttpMethod.Get, "/gateway/v1/orders", null, HttpStatusCode.Unauthorized, "unauthenticated");
        await RefusedAsync(client, HttpMethod.Post, "/permit/v1/applications", null, HttpStatusCode.Unauthorized, "unauthenticated");
        await RefusedAsync(client, HttpMethod.Get, "/audit/v1/verification", null, HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task An_expired_or_forged_token_is_refused()
    {
        Stack.SkipWhereItCannotRun();
        using var client = stack.Client();
        using var issuer = ECDsa.Create();
        issuer.ImportFromPem(await File.ReadAllTextAsync(stack.In("keycloak", "signing-1.pem"), TestContext.Current.CancellationToken));
        using var attacker = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var token = await stack.MachineTokenAsync("cancerregistry", "gateway");
        var now = DateTimeOffset.UtcNow;

        // The same claims signed again by the issuer are served: it is the time and the key that are refused.
        var served = await SendAsync(client, HttpMethod.Get, "/gateway/v1/orders", Resigned(token, issuer, now));
        Assert.Equal(HttpStatusCode.OK, served.Status);
        var expired = Resigned(token, issuer, now.AddHours(-2));
        await RefusedAsync(client, HttpMethod.Get, "/gateway/v1/orders", expired, HttpStatusCode.Unauthorized, "unauthenticated");
        var forged = Resigned(token, attacker, now);
        await RefusedAsync(client, HttpMethod.Get, "/gateway/v1/orders", forged, HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task A_token_for_another_api_is_refused()
    {
        Stack.SkipWhereItCannotRun();
        using var client = stack.Client();
        var token = await stack.MachineTokenAsync("cancerregistry", "pseudonymisation");

        await RefusedAsync(client, HttpMethod.Get, "/gateway/v1/orders", token, HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Theory]
    [InlineData("""{"title": 7}""")]
    [InlineData("""{"title": "A study", "unknown": true}""")]
    [InlineData("""{"title": """)]
    public async Task A_body_that_cannot_be_read_is_the_callers_fault(string body)
    {
        Stack.SkipWhereItCannotRun();
        using var nora = await stack.SignInAsync("nora.researcher");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/permit/v1/applications")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("X-CSRF", nora.Csrf);
        request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());

        using var answer = await nora.Browser.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var problem = JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal(Problems + "invalid-request", (string?)problem["type"]);
    }

    [Fact]
    public async Task A_missing_role_is_refused_and_written_down()
    {
        Stack.SkipWhereItCannotRun();
        using var client = stack.Client();
        var token = await stack.MachineTokenAsync("cancerregistry", "permit");
        var before = await RefusalsAsync("permit");

        await RefusedAsync(client, HttpMethod.Post, "/permit/v1/access-checks", token, HttpStatusCode.Forbidden, "forbidden");

        await WrittenDownAsync("permit", before);
    }

    [Fact]
    public async Task Another_holders_order_is_not_found_and_stays_as_it_is()
    {
        Stack.SkipWhereItCannotRun();
        (await stack.FirstJourney).MustHaveSucceeded();
        using var client = stack.Client();
        var token = await stack.MachineTokenAsync("deathregistry", "gateway");
        var order = await stack.ScalarAsync<string>(
            "gateway",
            "SELECT id FROM gateway.orders WHERE holder = 'cancerregistry' ORDER BY id LIMIT 1"
        );
        var (state, refusals) = (await OrderAsync(order), await RefusalsAsync("gateway"));

        await RefusedAsync(client, HttpMethod.Get, $"/gateway/v1/orders/{order}", token, HttpStatusCode.NotFound, "not-found");
        await RefusedAsync(
            client,
            HttpMethod.Post,
            $"/gateway/v1/orders/{order}/closing",
            token,
            HttpStatusCode.NotFound,
            "not-found",
            new StringContent("x.y.z", new MediaTypeHeaderValue("application/jose"))
        );

        Assert.Equal(state, await OrderAsync(order));
        await WrittenDownAsync("gateway", refusals);
    }

    [Theory]
    [InlineData("gateway", "orders/x/rekey/1")]
    [InlineData("gateway", "orders/DIGEST/rekey/1")]
    [InlineData("gateway", "orders/DIGEST/delivery-key")]
    [InlineData("gateway", "orders/DIGEST/close")]
    [InlineData("permit", "lineages/x/shredding")]
    [Trait("Requirement", "PSE-026")]
    public async Task What_stays_inside_the_node_has_no_route(string party, string path)
    {
        Stack.SkipWhereItCannotRun();
        using var client = stack.Client();
        var token = await stack.MachineTokenAsync(party, "pseudonymisation");
        var digest = new string('a', 64);

        var answer = await SendAsync(
            client,
            HttpMethod.Post,
            $"/pseudonymisation/v1/{path.Replace("DIGEST", digest, StringComparison.Ordinal)}",
            token
        );

        Assert.Equal(HttpStatusCode.NotFound, answer.Status);
        var refusals = await stack.ScalarAsync<long>(
            "audit",
            "SELECT count(*) FROM audit.entries WHERE contract = 'pseudonymisation.call-refused' AND payload LIKE '%rekey%'"
        );
        Assert.Equal(0, refusals);
    }

    [Fact]
    public async Task A_persons_act_without_the_anti_forgery_header_is_refused()
    {
        Stack.SkipWhereItCannotRun();
        using var nora = await stack.SignInAsync("nora.researcher");
        var before = await stack.ScalarAsync<long>("permit", "SELECT count(*) FROM permit.applications");

        using var missing = await nora.SendAsync(HttpMethod.Post, "/permit/v1/applications", new { title = "A" }, null);
        using var wrong = await nora.SendAsync(HttpMethod.Post, "/permit/v1/applications", new { title = "A" }, "wrong");

        Assert.Equal((HttpStatusCode.Forbidden, Problems + "csrf"), await AnswerOf(missing));
        Assert.Equal((HttpStatusCode.Forbidden, Problems + "csrf"), await AnswerOf(wrong));
        Assert.Equal(before, await stack.ScalarAsync<long>("permit", "SELECT count(*) FROM permit.applications"));
        using var right = await nora.SendAsync(HttpMethod.Post, "/permit/v1/applications", new { title = "A" }, nora.Csrf);
        Assert.True(right.IsSuccessStatusCode);
    }

    private static async Task RefusedAsync(
        HttpClient client,
        HttpMethod method,
        string path,
        string? token,
        HttpStatusCode status,
        string problem,
        HttpContent? content = null
    ) => Assert.Equal((status, Problems + problem), await SendAsync(client, method, path, token, content));

    private static async Task<(HttpStatusCode Status, string? Type)> SendAsync(
        HttpClient client,
        HttpMethod method,
        string path,
        string? token,
        HttpContent? content = null
    )
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content =
            content ?? (method == HttpMethod.Get ? null : new StringContent("{}", new MediaTypeHeaderValue("application/json")));
        request.Headers.Authorization = token is null ? null : new("Bearer", token);
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return await AnswerOf(response);
    }

    private static async Task<(HttpStatusCode Status, string? Type)> AnswerOf(HttpResponseMessage response)
    {
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
        {
            return (response.StatusCode, null);
        }
        var problem = JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        return (response.StatusCode, (string?)problem["type"]);
    }

    // The token's own claims from a time on, under a signature by this key.
    private static string Resigned(string token, ECDsa key, DateTimeOffset from)
    {
        var parts = token.Split('.');
        var claims = JsonNode.Parse(Base64UrlText.Decode(parts[1]))!;
        claims["iat"] = from.ToUnixTimeSeconds();
        claims["exp"] = from.AddMinutes(5).ToUnixTimeSeconds();
        claims.AsObject().Remove("nbf");
        var input = $"{parts[0]}.{Base64UrlText.Encode(Encoding.UTF8.GetBytes(claims.ToJsonString()))}";
        return $"{input}.{Base64UrlText.Encode(key.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256))}";
    }

    private async Task<string> OrderAsync(string id)
    {
        await using var connection = await stack.DatabaseAsync("gateway");
        await using var command = new NpgsqlCommand("SELECT o::text FROM gateway.orders o WHERE id = @id", connection);
        command.Parameters.AddWithValue("id", id);
        return (string)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    private Task<long> RefusalsAsync(string service) =>
        stack.ScalarAsync<long>("audit", $"SELECT count(*) FROM audit.entries WHERE contract = '{service}.call-refused'");

    private Task WrittenDownAsync(string service, long before) =>
        Eventually.TrueAsync(
            $"an audit entry {service}.call-refused",
            TimeSpan.FromSeconds(30),
            async () => await RefusalsAsync(service) > before
        );
}
