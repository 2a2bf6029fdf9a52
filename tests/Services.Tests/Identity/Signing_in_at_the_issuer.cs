using System.Net;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;

namespace HealthDataNode.Services.Tests.Identity;

public sealed class Signing_in_at_the_issuer(PostgresFixture postgres)
{
    [Fact]
    public async Task Gives_a_person_an_access_token_for_the_apis_that_were_asked_for()
    {
        await using var issuer = await RunningIssuer.StartAsync(postgres);
        using var browser = issuer.Browser();
        var tokens = await issuer.PersonTokensAsync(browser, "case.officer", "openid permit catalogue");
        var access = Read(tokens, "access_token");
        Assert.Equal("at+jwt", access.Typ);
        Assert.Equal("ES256", access.Alg);
        Assert.Equal(issuer.Name, access.Issuer);
        Assert.Equal(["catalogue", "permit"], access.Audiences.Order());
        Assert.Equal("999000001", access.GetClaim("org").Value);
        Assert.Equal("hdab", access.GetClaim("authority").Value);
        Assert.Equal(["case-officer"], Roles(access));
        Assert.False(access.TryGetClaim("party", out _));
        Assert.InRange((access.ValidTo - access.IssuedAt).TotalSeconds, 299, 301);
        var identity = Read(tokens, "id_token");
        Assert.Equal(access.Subject, identity.Subject);
        Assert.Equal(["edge"], identity.Audiences);
        Assert.Equal("Signe", identity.GetClaim("given_name").Value);
        Assert.True(identity.TryGetClaim("sid", out _));
    }

    [Fact]
    [Trait("Requirement", "OPT-011")]
    public async Task Gives_a_citizens_sealed_number_to_Pseudonymisation_alone()
    {
        await using var issuer = await RunningIssuer.StartAsync(postgres);
        using var browser = issuer.Browser();
        var tokens = await issuer.PersonTokensAsync(browser, "anna.citizen", "openid permit pseudonymisation");
        Assert.False(Read(tokens, "id_token").TryGetClaim("sealed_id", out _));

        // As the Edge asks: an access token for one API at a time.
        var (refresh, scopes) = (tokens.GetProperty("refresh_token").GetString()!, new Dictionary<string, string?>());
        foreach (var scope in new[] { "permit", "pseudonymisation" })
        {
            var (_, body) = await issuer.RefreshAsync(refresh, scope);
            refresh = body.GetProperty("refresh_token").GetString()!;
            var access = Read(body, "access_token");
            Assert.Equal([scope], access.Audiences);
            scopes[scope] = access.TryGetClaim("sealed_id", out var sealedId) ? sealedId.Value : null;
        }
        Assert.Equal(new() { ["permit"] = null, ["pseudonymisation"] = TestRealm.SealedIdOfAnna }, scopes);
    }

    [Fact]
    public async Task Gives_a_machine_its_party_and_its_roles()
    {
        await using var issuer = await RunningIssuer.StartAsync(postgres);
        var (status, body) = await issuer.MachineTokenAsync("cancerregistry", "pseudonymisation");
        Assert.Equal(HttpStatusCode.OK, status);
        var access = Read(body, "access_token");
        Assert.Equal(["pseudonymisation"], access.Audiences);
        Assert.Equal("cancerregistry", access.GetClaim("party").Value);
        Assert.Equal(["data-holder", "tokenise"], Roles(access).Order());
        Assert.False(body.TryGetProperty("refresh_token", out _));
    }

    private static JsonWebToken Read(JsonElement tokens, string name) => new(tokens.GetProperty(name).GetString());

    private static string[] Roles(JsonWebToken token) =>
        JsonSerializer.Deserialize<JsonElement>(token.GetClaim("realm_access").Value).GetProperty("roles").Deserialize<string[]>()!;
}
