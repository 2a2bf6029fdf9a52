using System.Net;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;

namespace HealthDataNode.Services.Tests.Identity;

public sealed class A_session_at_the_issuer(PostgresFixture postgres) : IAsyncLifetime
{
    private const string Scope = "openid basic roles permit catalogue";

    private RunningIssuer issuer = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => issuer = await RunningIssuer.StartAsync(postgres);

    public ValueTask DisposeAsync() => issuer.DisposeAsync();

    [Fact]
    public async Task Signs_in_to_a_second_client_without_asking_again()
    {
        using var browser = issuer.Browser();
        await issuer.PersonTokensAsync(browser, "nora.researcher", Scope);
        var (address, _) = await issuer.PushAsync(Scope);
        using var answer = await browser.GetAsync(address, Cancel);
        Assert.StartsWith("https://localhost:1/signin-oidc?", answer.Headers.Location!.ToString());
    }

    [Fact]
    public async Task Refreshes_to_one_api_alone_and_keeps_the_others_for_later()
    {
        using var browser = issuer.Browser();
        var tokens = await issuer.PersonTokensAsync(browser, "nora.researcher", Scope);
        var (status, first) = await issuer.RefreshAsync(Refresh(tokens), "openid basic roles permit");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(["permit"], Access(first).Audiences);
        Assert.Contains("data-user", Access(first).GetClaim("realm_access").Value, StringComparison.Ordinal);
        var (_, second) = await issuer.RefreshAsync(Refresh(first), "openid basic roles catalogue");
        Assert.Equal(["catalogue"], Access(second).Audiences);
    }

    [Fact]
    public async Task Gives_no_api_at_refresh_that_was_not_granted()
    {
        using var browser = issuer.Browser();
        var tokens = await issuer.PersonTokensAsync(browser, "nora.researcher", Scope);
        var (status, body) = await issuer.RefreshAsync(Refresh(tokens), "openid basic roles gateway");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.False(body.TryGetProperty("access_token", out _));
    }

    [Fact]
    public async Task Lets_a_refresh_be_repeated_whose_answer_was_lost()
    {
        using var browser = issuer.Browser();
        var tokens = await issuer.PersonTokensAsync(browser, "nora.researcher", Scope);
        var (_, lost) = await issuer.RefreshAsync(Refresh(tokens));
        var (status, again) = await issuer.RefreshAsync(Refresh(tokens));
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.NotEqual(Refresh(lost), Refresh(again));
        var (later, _) = await issuer.RefreshAsync(Refresh(again));
        Assert.Equal(HttpStatusCode.OK, later);
    }

    [Fact]
    public async Task Survives_a_restart_of_the_issuer()
    {
        using var browser = issuer.Browser();
        var tokens = await issuer.PersonTokensAsync(browser, "nora.researcher", Scope);
        await issuer.RestartAsync();
        var (status, _) = await issuer.RefreshAsync(Refresh(tokens));
        Assert.Equal(HttpStatusCode.OK, status);
        var (address, _) = await issuer.PushAsync(Scope);
        using var answer = await browser.GetAsync(address, Cancel);
        Assert.StartsWith("https://localhost:1/signin-oidc?", answer.Headers.Location!.ToString());
    }

    [Fact]
    public async Task Ends_with_every_grant_made_under_it()
    {
        using var browser = issuer.Browser();
        var tokens = await issuer.PersonTokensAsync(browser, "nora.researcher", Scope);
        var others = await issuer.PersonTokensAsync(browser, "nora.researcher", Scope);
        using var form = new FormUrlEncodedContent([
            new("id_token_hint", tokens.GetProperty("id_token").GetString()!),
            new("client_id", "edge"),
        ]);

        // Without the cookie, as the Edge does it.
        using var elsewhere = issuer.Browser();
        using var ended = await elsewhere.PostAsync(RunningIssuer.Endpoint("logout"), form, Cancel);
        Assert.True((int)ended.StatusCode < 400);
        Assert.Equal(HttpStatusCode.BadRequest, (await issuer.RefreshAsync(Refresh(tokens))).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await issuer.RefreshAsync(Refresh(others))).Status);
        var (address, _) = await issuer.PushAsync(Scope);
        using var answer = await browser.GetAsync(address, Cancel);
        Assert.Contains("login-actions", answer.Headers.Location!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_not_ended_by_a_link_without_asking()
    {
        using var browser = issuer.Browser();
        var tokens = await issuer.PersonTokensAsync(browser, "nora.researcher", Scope);
        var page = await browser.GetStringAsync(RunningIssuer.Endpoint("logout"), Cancel);
        Assert.Contains("Do you want to sign out?", page, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await issuer.RefreshAsync(Refresh(tokens))).Status);
    }

    [Fact]
    public async Task Is_told_of_by_introspection_until_its_token_is_revoked()
    {
        using var browser = issuer.Browser();
        var tokens = await issuer.PersonTokensAsync(browser, "nora.researcher", Scope);
        var refresh = new Dictionary<string, string> { ["token"] = Refresh(tokens) };
        var (_, before) = await issuer.PostAsync("token/introspect", "edge", refresh);
        Assert.True(before.GetProperty("active").GetBoolean());
        var (revoked, _) = await issuer.PostAsync("revoke", "edge", refresh);
        Assert.Equal(HttpStatusCode.OK, revoked);
        var (_, after) = await issuer.PostAsync("token/introspect", "edge", refresh);
        Assert.False(after.GetProperty("active").GetBoolean());
        Assert.Equal(HttpStatusCode.BadRequest, (await issuer.RefreshAsync(Refresh(tokens))).Status);
    }

    [Fact]
    public async Task Tells_userinfo_who_it_is()
    {
        using var browser = issuer.Browser();
        var tokens = await issuer.PersonTokensAsync(browser, "nora.researcher", Scope + " profile email");
        using var http = issuer.Browser();
        http.DefaultRequestHeaders.Authorization = new("Bearer", tokens.GetProperty("access_token").GetString());
        var info = JsonSerializer.Deserialize<JsonElement>(await http.GetStringAsync(RunningIssuer.Endpoint("userinfo"), Cancel));
        Assert.Equal(Access(tokens).Subject, info.GetProperty("sub").GetString());
        Assert.Equal("nora.researcher", info.GetProperty("preferred_username").GetString());
    }

    private static string Refresh(JsonElement tokens) => tokens.GetProperty("refresh_token").GetString()!;

    private static JsonWebToken Access(JsonElement tokens) => new(tokens.GetProperty("access_token").GetString());
}
