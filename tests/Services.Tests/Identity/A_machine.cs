using System.Net;
using Microsoft.IdentityModel.JsonWebTokens;

namespace HealthDataNode.Services.Tests.Identity;

public sealed class A_machine(PostgresFixture postgres) : IAsyncLifetime
{
    private static readonly string[] Apis = ["catalogue", "permit", "speregistry", "pseudonymisation", "gateway", "audit", "referencespe"];

    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["catalogue"] = [],
        ["permit"] = ["catalogue", "speregistry", "pseudonymisation"],
        ["speregistry"] = [],
        ["pseudonymisation"] = ["permit", "speregistry"],
        ["gateway"] = ["permit", "pseudonymisation", "speregistry", "referencespe"],
        ["audit"] = [],
        ["cancerregistry"] = ["gateway", "pseudonymisation", "permit", "audit"],
        ["deathregistry"] = ["gateway", "pseudonymisation", "permit", "audit"],
        ["referencespe"] = ["permit", "gateway", "speregistry", "pseudonymisation", "audit"],
    };

    private RunningIssuer issuer = null!;

    public async ValueTask InitializeAsync() => issuer = await RunningIssuer.StartAsync(postgres);

    public ValueTask DisposeAsync() => issuer.DisposeAsync();

    [Fact]
    public async Task Gets_tokens_for_the_apis_it_needs_and_for_no_other()
    {
        foreach (var (client, allowed) in Allowed)
        {
            foreach (var api in Apis)
            {
                var (status, body) = await issuer.MachineTokenAsync(client, api);
                Assert.True(
                    allowed.Contains(api) ? status is HttpStatusCode.OK : status is HttpStatusCode.BadRequest,
                    $"{client} asking for {api} got {status}"
                );
                if (status is HttpStatusCode.OK)
                {
                    var token = new JsonWebToken(body.GetProperty("access_token").GetString());
                    Assert.Equal([api], token.Audiences);
                    Assert.Equal(client, token.GetClaim("party").Value);
                }
            }
        }
    }

    [Theory]
    [InlineData("gateway", "permit", "rekey")]
    [InlineData("referencespe", "permit", "spe")]
    [InlineData("deathregistry", "permit", "tokenise")]
    public async Task Has_its_own_role(string client, string scope, string role)
    {
        var (_, body) = await issuer.MachineTokenAsync(client, scope);
        var token = new JsonWebToken(body.GetProperty("access_token").GetString());
        Assert.Contains($"\"{role}\"", token.GetClaim("realm_access").Value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cannot_be_the_edge()
    {
        var (status, body) = await issuer.MachineTokenAsync("edge", "permit");
        Assert.True(status is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized);
        Assert.False(body.TryGetProperty("access_token", out _));
    }
}
