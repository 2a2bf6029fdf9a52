using System.Net;
using System.Text.Json;

namespace HealthDataNode.Services.Tests.Identity;

public sealed class An_authorization_request(PostgresFixture postgres) : IAsyncLifetime
{
    private const string Verifier = "a-verifier-that-is-long-enough-for-rfc-7636-0123456789";

    private RunningIssuer issuer = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => issuer = await RunningIssuer.StartAsync(postgres);

    public ValueTask DisposeAsync() => issuer.DisposeAsync();

    [Fact]
    public async Task Is_refused_when_it_was_not_pushed()
    {
        var query = RunningIssuer.PushForm("openid permit", Verifier).Append(new("client_id", "edge"));
        using var content = new FormUrlEncodedContent(query);
        using var browser = issuer.Browser();
        using var answer = await browser.GetAsync(
            new Uri($"{RunningIssuer.Endpoint("auth")}?{await content.ReadAsStringAsync(Cancel)}", UriKind.Relative),
            Cancel
        );
        Assert.DoesNotContain("login-actions", answer.Headers.Location?.ToString() ?? "", StringComparison.Ordinal);
        Assert.DoesNotContain("code=", answer.Headers.Location?.ToString() ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("code_challenge", null)]
    [InlineData("code_challenge_method", "plain")]
    [InlineData("redirect_uri", "https://localhost:1/elsewhere")]
    [InlineData("scope", "openid referencespe")]
    [InlineData("scope", "openid nonsense")]
    [InlineData("response_type", "token")]
    public async Task Is_refused_with_another(string parameter, string? value)
    {
        var form = RunningIssuer.PushForm("openid permit", Verifier);
        form.Remove(parameter);
        if (value is not null)
        {
            form[parameter] = value;
        }

        var (status, body) = await issuer.PostAsync("ext/par/request", "edge", form);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.False(body.TryGetProperty("request_uri", out _));
    }

    [Fact]
    public async Task Cannot_be_pushed_by_a_client_that_is_a_machine_only()
    {
        var (status, _) = await issuer.PostAsync("ext/par/request", "gateway", RunningIssuer.PushForm("openid permit", Verifier));
        Assert.True(status is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Gives_a_code_that_needs_its_verifier_and_is_good_once()
    {
        using var browser = issuer.Browser();
        var (first, _) = await issuer.PushAsync("openid permit");
        var stolen = await issuer.SignInAsync(browser, first, "nora.researcher");
        Assert.Equal(HttpStatusCode.BadRequest, (await issuer.RedeemAsync(stolen, Verifier)).Status);
        var (second, verifier) = await issuer.PushAsync("openid permit");
        var redirect = await issuer.SignInAsync(browser, second, "nora.researcher");
        Assert.Equal(HttpStatusCode.OK, (await issuer.RedeemAsync(redirect, verifier)).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await issuer.RedeemAsync(redirect, verifier)).Status);
    }

    [Fact]
    public async Task Leads_to_a_form_that_says_what_it_is_and_refuses_a_wrong_password()
    {
        using var browser = issuer.Browser();
        browser.DefaultRequestHeaders.AcceptLanguage.ParseAdd("nb-NO");
        var (address, _) = await issuer.PushAsync("openid permit");
        using var opened = await browser.GetAsync(address, Cancel);
        var form = new Uri(issuer.Server, opened.Headers.Location!);
        var page = await browser.GetStringAsync(form, Cancel);
        Assert.Contains("Development issuer: not for production.", page, StringComparison.Ordinal);
        Assert.Contains("Passord", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http://", page, StringComparison.Ordinal);
        using var wrong = await RunningIssuer.SubmitAsync(browser, form, "nora.researcher", "wrong");
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        using var machine = await RunningIssuer.SubmitAsync(browser, form, "service-account-gateway", "");
        Assert.Equal(HttpStatusCode.Unauthorized, machine.StatusCode);
    }

    [Fact]
    public async Task Lets_nobody_guess_passwords_for_long()
    {
        using var browser = issuer.Browser();
        var (address, _) = await issuer.PushAsync("openid permit");
        using var opened = await browser.GetAsync(address, Cancel);
        var form = new Uri(issuer.Server, opened.Headers.Location!);
        for (var attempt = 0; attempt < 10; attempt++)
        {
            using var wrong = await RunningIssuer.SubmitAsync(browser, form, "ola.editor", "wrong");
            Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        }

        using var right = await RunningIssuer.SubmitAsync(browser, form, "ola.editor", issuer.Realm.PasswordOf("ola.editor"));
        Assert.Equal(HttpStatusCode.TooManyRequests, right.StatusCode);
    }

    [Fact]
    public async Task Is_not_taken_from_a_form_that_another_page_made()
    {
        using var browser = issuer.Browser();
        using var content = new FormUrlEncodedContent([
            new("username", "nora.researcher"),
            new("password", issuer.Realm.PasswordOf("nora.researcher")),
        ]);
        using var answer = await browser.PostAsync(
            new Uri("/realms/health-data-node/login-actions/authenticate", UriKind.Relative),
            content,
            Cancel
        );
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Finds_the_endpoints_by_discovery()
    {
        using var browser = issuer.Browser();
        var document = JsonSerializer.Deserialize<JsonElement>(
            await browser.GetStringAsync("/realms/health-data-node/.well-known/openid-configuration", Cancel)
        );
        Assert.Equal(issuer.Name, document.GetProperty("issuer").GetString());
        Assert.Equal(["S256"], Texts(document, "code_challenge_methods_supported"));
        Assert.Equal(["private_key_jwt"], Texts(document, "token_endpoint_auth_methods_supported"));
        foreach (
            var (name, path) in new[]
            {
                ("authorization_endpoint", "auth"),
                ("token_endpoint", "token"),
                ("jwks_uri", "certs"),
                ("end_session_endpoint", "logout"),
                ("userinfo_endpoint", "userinfo"),
                ("revocation_endpoint", "revoke"),
                ("introspection_endpoint", "token/introspect"),
                ("pushed_authorization_request_endpoint", "ext/par/request"),
            }
        )
        {
            Assert.Equal($"{issuer.Name}/protocol/openid-connect/{path}", document.GetProperty(name).GetString());
        }

        var keys = JsonSerializer.Deserialize<JsonElement>(await browser.GetStringAsync(RunningIssuer.Endpoint("certs"), Cancel));
        var key = Assert.Single(keys.GetProperty("keys").EnumerateArray());
        Assert.Equal("P-256", key.GetProperty("crv").GetString());
        Assert.False(key.TryGetProperty("d", out _));
    }

    private static string[] Texts(JsonElement document, string name) => document.GetProperty(name).Deserialize<string[]>()!;
}
