using System.Security.Cryptography;
using System.Text.Json;
using HealthDataNode.DevelopmentIssuer.Keys;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;

namespace HealthDataNode.Services.Tests.Identity;

public sealed class A_new_signing_key(PostgresFixture postgres)
{
    [Fact]
    public async Task Is_published_before_it_signs_and_needs_no_restart()
    {
        await using var issuer = await RunningIssuer.StartAsync(postgres);
        var first = await KeyOfToken(issuer);
        var path = Path.Combine(issuer.Data, "signing-2.pem");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await File.WriteAllTextAsync(path, key.ExportPkcs8PrivateKeyPem(), TestContext.Current.CancellationToken);
        var watch = issuer.Services.GetRequiredService<SigningKeyWatch>();
        watch.Check();
        Assert.Equal(2, (await PublishedKeys(issuer)).Length);
        Assert.Equal(first, await KeyOfToken(issuer));
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow - IssuerKeys.Published - TimeSpan.FromMinutes(1));
        watch.Check();
        var second = await KeyOfToken(issuer);
        Assert.NotEqual(first, second);
        Assert.Equal(new[] { first, second }.Order(), (await PublishedKeys(issuer)).Order());
    }

    private static async Task<string> KeyOfToken(RunningIssuer issuer)
    {
        var (_, body) = await issuer.MachineTokenAsync("gateway", "permit");
        return new JsonWebToken(body.GetProperty("access_token").GetString()).Kid;
    }

    private static async Task<string[]> PublishedKeys(RunningIssuer issuer)
    {
        using var http = issuer.Browser();
        var set = await http.GetStringAsync(RunningIssuer.Endpoint("certs"), TestContext.Current.CancellationToken);
        return
        [
            .. JsonSerializer
                .Deserialize<JsonElement>(set)
                .GetProperty("keys")
                .EnumerateArray()
                .Select(key => key.GetProperty("kid").GetString()!),
        ];
    }
}
