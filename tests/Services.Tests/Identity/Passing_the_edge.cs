using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;

namespace HealthDataNode.Services.Tests.Identity;

public sealed class Passing_the_edge(PostgresFixture postgres) : IAsyncLifetime
{
    private static readonly string Digest = new('a', 64);
    private RunningEdge edge = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => edge = await RunningEdge.StartAsync(postgres);

    public ValueTask DisposeAsync() => edge.DisposeAsync();

    [Fact]
    public async Task Gives_each_api_a_token_of_a_person_for_that_api_alone()
    {
        var (browser, _) = await edge.SignInAsync("case.officer");
        using (browser)
        {
            foreach (var api in (string[])["permit", "catalogue", "permit"])
            {
                var echo = await browser.GetFromJsonAsync<JsonElement>($"/{api}/v1/things?q=1", Cancel);
                Assert.Equal("/v1/things", echo.GetProperty("path").GetString());
                Assert.Equal("", echo.GetProperty("cookie").GetString());
                Assert.NotEqual("", echo.GetProperty("traceparent").GetString());
                var token = new JsonWebToken(echo.GetProperty("authorization").GetString()!["Bearer ".Length..]);
                Assert.Equal([api], token.Audiences);
                Assert.Equal("hdab", token.GetClaim("authority").Value);
                Assert.Contains("case-officer", token.GetClaim("realm_access").Value, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task Takes_many_calls_of_one_person_at_once()
    {
        var (browser, _) = await edge.SignInAsync("nora.researcher");
        using (browser)
        {
            string[] apis = ["permit", "catalogue", "gateway", "audit", "speregistry"];
            var calls = Enumerable.Range(0, 40).Select(n => browser.GetAsync($"/{apis[n % 5]}/v1/things", Cancel));
            foreach (var response in await Task.WhenAll(calls))
            {
                using (response)
                {
                    Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                }
            }
        }
    }

    [Fact]
    public async Task Keeps_sessions_over_a_restart_of_edge_and_issuer()
    {
        var (browser, csrf) = await edge.SignInAsync("kari.editor");
        using (browser)
        {
            await edge.Issuer.RestartAsync();
            await edge.RestartAsync();
            var session = await browser.GetFromJsonAsync<JsonElement>("/session", Cancel);
            Assert.Equal("Kari Redaktør", session.GetProperty("name").GetString());
            Assert.Equal("catalogue-editor", Assert.Single(session.GetProperty("roles").EnumerateArray()).GetString());
            Assert.Equal(csrf, session.GetProperty("csrf").GetString());
            using var response = await browser.GetAsync("/catalogue/v1/things", Cancel);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    [Fact]
    public async Task Needs_the_anti_forgery_header_on_unsafe_methods()
    {
        var (browser, csrf) = await edge.SignInAsync("nora.researcher");
        using (browser)
        {
            using var without = await browser.PostAsync("/permit/v1/applications", null, Cancel);
            await IsProblem(without, HttpStatusCode.Forbidden, "csrf");
            browser.DefaultRequestHeaders.Add("X-CSRF", csrf);
            using var with = await browser.PostAsync("/permit/v1/applications", null, Cancel);
            Assert.Equal(HttpStatusCode.OK, with.StatusCode);
        }
    }

    [Fact]
    public async Task Ends_the_session_at_the_issuer_too()
    {
        var (browser, csrf) = await edge.SignInAsync("nora.researcher");
        using (browser)
        {
            using var refused = await browser.PostAsync("/signout", null, Cancel);
            await IsProblem(refused, HttpStatusCode.Forbidden, "csrf");
            browser.DefaultRequestHeaders.Add("X-CSRF", csrf);
            using var signedOut = await browser.PostAsync("/signout", null, Cancel);
            Assert.Equal(HttpStatusCode.NoContent, signedOut.StatusCode);
            using var session = await browser.GetAsync("/session", Cancel);
            await IsProblem(session, HttpStatusCode.Unauthorized, "unauthenticated");

            // The issuer asks for the password again, although its cookie is still in the browser.
            using var challenge = await browser.GetAsync("/signin", Cancel);
            using var authorize = await browser.GetAsync(challenge.Headers.Location, Cancel);
            Assert.Contains("login-actions", authorize.Headers.Location!.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Says_that_the_issuer_is_away_and_goes_on_when_it_is_back()
    {
        var (browser, _) = await edge.SignInAsync("nora.researcher");
        using (browser)
        {
            await edge.Issuer.StopAsync();
            using var call = await browser.GetAsync("/permit/v1/things", Cancel);
            await IsProblem(call, HttpStatusCode.ServiceUnavailable, "issuer-unavailable");
            using var signIn = await browser.GetAsync("/signin", Cancel);
            await IsProblem(signIn, HttpStatusCode.ServiceUnavailable, "issuer-unavailable");
            await edge.Issuer.RestartAsync();
            using var again = await browser.GetAsync("/permit/v1/things", Cancel);
            Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        }
    }

    [Fact]
    public async Task Begins_a_session_of_its_own_at_every_sign_in()
    {
        var (browser, csrf) = await edge.SignInAsync("nora.researcher");
        using (browser)
        {
            using var again = await edge.SignInAsync(browser, "nora.researcher", "/catalogue/v1/things");
            Assert.Equal("/catalogue/v1/things", again.Headers.Location!.ToString());
            var session = await browser.GetFromJsonAsync<JsonElement>("/session", Cancel);
            Assert.NotEqual(csrf, session.GetProperty("csrf").GetString());
        }
    }

    [Theory]
    [InlineData("//evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("https://evil.example/")]
    public async Task Leads_back_to_no_other_host(string returnUrl)
    {
        using var browser = edge.Browser();
        using var response = await browser.GetAsync($"/signin?returnUrl={Uri.EscapeDataString(returnUrl)}", Cancel);
        await IsProblem(response, HttpStatusCode.BadRequest, "return-url-not-local");
    }

    [Fact]
    public async Task Lets_a_machine_through_with_a_token_for_the_api_it_calls()
    {
        using var machine = await Machine("cancerregistry", "pseudonymisation");
        using var part = new ByteArrayContent(new byte[3 * 1024 * 1024]);
        using var response = await machine.PostAsync($"/pseudonymisation/v1/orders/{Digest}/tokens/1", part, Cancel);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var echo = await response.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        Assert.Equal("HTTP/2", echo.GetProperty("protocol").GetString());
        Assert.Equal(3 * 1024 * 1024, echo.GetProperty("bytes").GetInt64());
    }

    [Fact]
    public async Task Refuses_a_token_for_another_api()
    {
        using var machine = await Machine("cancerregistry", "pseudonymisation");
        using var response = await machine.GetAsync("/gateway/v1/orders", Cancel);
        await IsProblem(response, HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task Refuses_a_token_that_was_changed_even_where_reads_are_open()
    {
        using var machine = await Machine("cancerregistry", "gateway");
        var token = machine.DefaultRequestHeaders.Authorization!.Parameter!;
        machine.DefaultRequestHeaders.Authorization = new("Bearer", token[..^4] + "AAAA");
        using var response = await machine.GetAsync("/gateway/v1/deliveries", Cancel);
        await IsProblem(response, HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task Lets_nobody_write_without_signing_in()
    {
        using var nobody = edge.Browser();
        using var read = await nobody.GetAsync("/catalogue/v1/descriptions", Cancel);
        Assert.Equal(HttpStatusCode.OK, read.StatusCode);
        using var write = await nobody.PostAsync("/catalogue/v1/descriptions", null, Cancel);
        await IsProblem(write, HttpStatusCode.Unauthorized, "unauthenticated");
        using var order = await nobody.GetAsync($"/pseudonymisation/v1/orders/{Digest}", Cancel);
        await IsProblem(order, HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Theory]
    [InlineData("POST", "rekey/1")]
    [InlineData("POST", "delivery-key")]
    [InlineData("POST", "closing")]
    [InlineData("POST", "close")]
    [InlineData("PUT", "")]
    [InlineData("POST", "tokens/1/../../rekey/1")]
    [InlineData("POST", "tokens/1%2F..%2F..%2Frekey%2F1")]
    public async Task Has_no_route_to_what_is_inside(string method, string path)
    {
        using var machine = await Machine("cancerregistry", "pseudonymisation");
        using var request = new HttpRequestMessage(new HttpMethod(method), $"/pseudonymisation/v1/orders/{Digest}/{path}".TrimEnd('/'));
        using var response = await machine.SendAsync(request, Cancel);
        Assert.True(response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed);
    }

    [Theory]
    [InlineData("lineages/1/shredding")]
    [InlineData("opt-out-lists")]
    public async Task Has_no_route_to_shredding_nor_to_the_opt_out_list(string path)
    {
        using var machine = await Machine("cancerregistry", "pseudonymisation");
        using var response = await machine.PostAsync($"/pseudonymisation/v1/{path}", null, Cancel);
        await IsProblem(response, HttpStatusCode.NotFound, "not-found");
    }

    [Theory]
    [InlineData("populationregister", "PUT", "population-feed/1")]
    [InlineData("populationregister", "GET", "population-feed")]
    [InlineData("referencespe", "POST", "lineages/l-1/aliases")]
    [InlineData("referencespe", "POST", "lineages/l-1/deletion")]
    public async Task Lets_through_what_parties_outside_say_to_the_trust_centre(string party, string method, string path)
    {
        using var machine = await Machine(party, "pseudonymisation");
        using var request = new HttpRequestMessage(new HttpMethod(method), $"/pseudonymisation/v1/{path}");
        using var response = await machine.SendAsync(request, Cancel);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Lets_a_citizen_declare_with_a_session_and_nobody_without()
    {
        var (browser, csrf) = await edge.SignInAsync("anna.citizen");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/pseudonymisation/v1/opt-out");
        request.Headers.Add("X-CSRF", csrf);
        using var response = await browser.SendAsync(request, Cancel);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using var nobody = edge.Browser();
        using var read = await nobody.GetAsync("/pseudonymisation/v1/opt-out", Cancel);
        await IsProblem(read, HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task Refuses_a_large_body_except_for_parts()
    {
        using var machine = await Machine("cancerregistry", "gateway");
        using var body = new ByteArrayContent(new byte[2 * 1024 * 1024]);
        using var closing = await machine.PostAsync("/gateway/v1/orders/1/closing", body, Cancel);
        await IsProblem(closing, HttpStatusCode.RequestEntityTooLarge, "too-large");
        using var bytes = new ByteArrayContent(new byte[2 * 1024 * 1024]);
        using var part = await machine.PostAsync("/gateway/v1/orders/1/parts", bytes, Cancel);
        Assert.Equal(HttpStatusCode.OK, part.StatusCode);
    }

    [Theory]
    [InlineData("text/csv")]
    [InlineData("text/html")]
    [InlineData("*/*")]
    public async Task Says_what_to_do_whatever_the_caller_accepts(string accept)
    {
        using var nobody = edge.Browser();
        nobody.DefaultRequestHeaders.Accept.ParseAdd(accept);
        using var unknown = await nobody.GetAsync("/v1/register", Cancel);
        await IsProblem(unknown, HttpStatusCode.NotFound, "not-found");
        using var unsigned = await nobody.DeleteAsync("/permit/openapi/v1.json", Cancel);
        await IsProblem(unsigned, HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task Names_the_path_by_which_a_created_thing_is_reached_from_outside()
    {
        using var machine = await Machine("cancerregistry", "gateway");
        using var response = await machine.PostAsync("/gateway/v1/created", null, Cancel);
        Assert.Equal("/gateway/v1/orders/1/parts/2", response.Headers.Location!.ToString());
    }

    [Fact]
    public async Task Puts_security_headers_on_every_answer()
    {
        using var nobody = edge.Browser();
        foreach (var path in (string[])["/", "/catalogue/v1/things", "/nowhere", "/session"])
        {
            using var response = await nobody.GetAsync(path, Cancel);
            var headers = response.Headers;
            Assert.StartsWith("default-src 'self'", Assert.Single(headers.GetValues("Content-Security-Policy")));
            Assert.Equal("nosniff", Assert.Single(headers.GetValues("X-Content-Type-Options")));
            Assert.Equal("DENY", Assert.Single(headers.GetValues("X-Frame-Options")));
            Assert.Equal("no-referrer", Assert.Single(headers.GetValues("Referrer-Policy")));
            Assert.True(headers.Contains("Strict-Transport-Security"));
            Assert.False(headers.Contains("Server"));
        }
    }

    [Fact]
    public async Task Slows_down_who_asks_too_much()
    {
        using var nobody = edge.Browser();
        var statuses = new List<HttpStatusCode>();
        for (var n = 0; n < 3000 && !statuses.Contains(HttpStatusCode.TooManyRequests); n += 100)
        {
            var burst = Enumerable.Range(0, 100).Select(_ => nobody.GetAsync("/", Cancel));
            foreach (var response in await Task.WhenAll(burst))
            {
                using (response)
                {
                    statuses.Add(response.StatusCode);
                }
            }
        }

        Assert.Contains(HttpStatusCode.TooManyRequests, statuses);
    }

    private async Task<HttpClient> Machine(string client, string scope)
    {
        var (_, body) = await edge.Issuer.MachineTokenAsync(client, scope);
        var http = edge.Browser();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", body.GetProperty("access_token").GetString());
        return http;
    }

    private static async Task IsProblem(HttpResponseMessage response, HttpStatusCode status, string type)
    {
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(Cancel);
        Assert.Equal($"https://healthdatanode.example/problems/{type}", problem.GetProperty("type").GetString());
    }
}
