using System.Net;
using System.Security.Cryptography;

namespace HealthDataNode.Services.Tests.Identity;

public sealed class A_client_assertion(PostgresFixture postgres) : IAsyncLifetime
{
    private RunningIssuer issuer = null!;

    public async ValueTask InitializeAsync() => issuer = await RunningIssuer.StartAsync(postgres);

    public ValueTask DisposeAsync() => issuer.DisposeAsync();

    [Fact]
    public async Task Is_good_once()
    {
        var assertion = issuer.Assertion("gateway");
        Assert.Equal(HttpStatusCode.OK, await Ask(assertion));
        await IsRefused(assertion);
        await issuer.RestartAsync();
        await IsRefused(assertion);
    }

    [Fact]
    public async Task Is_good_once_even_when_it_is_sent_many_times_at_the_same_moment()
    {
        var assertion = issuer.Assertion("gateway");
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Ask(assertion)));
        Assert.Single(answers, HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(-10)]
    [InlineData(130)]
    public async Task Bears_clocks_that_differ_by_fifteen_seconds(int expires) =>
        Assert.Equal(HttpStatusCode.OK, await Ask(Expiring(expires)));

    [Theory]
    [InlineData(-25)]
    [InlineData(200)]
    [InlineData(86_400)]
    public async Task Is_refused_when_it_ended_or_lives_long(int expires) => await IsRefused(Expiring(expires));

    [Fact]
    public async Task Is_refused_when_it_is_not_valid_yet() =>
        await IsRefused(issuer.Assertion("gateway", claims => claims["nbf"] = Now + 30));

    [Theory]
    [InlineData("jti")]
    [InlineData("exp")]
    [InlineData("aud")]
    [InlineData("iss")]
    public async Task Is_refused_without(string claim) => await IsRefused(issuer.Assertion("gateway", claims => claims.Remove(claim)));

    [Fact]
    public async Task Is_refused_for_another_audience() =>
        await IsRefused(issuer.Assertion("gateway", claims => claims["aud"] = "https://localhost:3/realms/other"));

    [Fact]
    public async Task Is_refused_with_a_key_of_somebody_else()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await IsRefused(issuer.Assertion("gateway", key: key));
        await IsRefused(issuer.Assertion("gateway", key: issuer.Realm.KeyOf("permit")));
    }

    [Fact]
    public async Task Is_refused_in_the_name_of_another_client()
    {
        var (status, _) = await issuer.MachineTokenAsync("gateway", "permit", issuer.Assertion("permit"));
        Assert.True(status is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Cannot_be_left_out()
    {
        using var http = issuer.Browser();
        using var content = new FormUrlEncodedContent([
            new("grant_type", "client_credentials"),
            new("client_id", "gateway"),
            new("scope", "permit"),
        ]);
        using var response = await http.PostAsync(RunningIssuer.Endpoint("token"), content, TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized);
    }

    private static long Now => DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    private string Expiring(int seconds) => issuer.Assertion("gateway", claims => claims["exp"] = Now + seconds);

    private async Task<HttpStatusCode> Ask(string assertion) => (await issuer.MachineTokenAsync("gateway", "permit", assertion)).Status;

    private async Task IsRefused(string assertion)
    {
        var (status, body) = await issuer.MachineTokenAsync("gateway", "permit", assertion);
        Assert.True(status is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized, status.ToString());
        Assert.False(body.TryGetProperty("access_token", out _));
    }
}
