using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HealthDataNode.Gateway.Domain;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ServiceDefaults.Messaging;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace HealthDataNode.Services.Tests.Gateway;

/// <summary>A document in the holder's own words and under the holder's own key, but with a header that nobody may use.</summary>
public sealed class Refusing_a_signed_text(StageFixture fixture) : IClassFixture<StageFixture>
{
    private readonly Stage stage = fixture.Stage;

    [Theory]
    [InlineData("R26", """{"alg":"ES256","typ":"order+jwt","kid":"KID"}""")]
    [InlineData("R27", """{"alg":"none","typ":"closing+jwt","kid":"KID"}""")]
    [InlineData("R27", """{"alg":"HS256","typ":"closing+jwt","kid":"KID"}""")]
    [InlineData("R28", """{"alg":"ES256","typ":"closing+jwt","kid":"KID","jwk":JWK}""")]
    [InlineData("R29", """{"alg":"ES256","typ":"closing+jwt","kid":"KID","crit":["exp"]}""")]
    public async Task Changes_nothing_and_is_written_down(string refusal, string header)
    {
        var order = await stage.OrderAsync((await stage.GrantAsync()).Payload.Lineage, OrderState.Issued);
        var closing = stage.ClosingOf(order).Text.Split('.');
        using var key = ECDsa.Create();
        key.ImportFromPem(
            await File.ReadAllTextAsync(
                DocumentSigner.PathOf(stage.Trust.KeysOf(Stage.HolderParty), 1),
                TestContext.Current.CancellationToken
            )
        );
        var text = header
            .Replace("KID", stage.Holder.Kid, StringComparison.Ordinal)
            .Replace("JWK", JsonSerializer.Serialize(stage.Holder.PublicKey), StringComparison.Ordinal);
        var input = $"{Base64UrlText.Encode(Encoding.UTF8.GetBytes(text))}.{closing[1]}";
        var signature = key.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256);
        var before = await RefusalsAsync();

        using var answer = await stage.CloseAsync(order, $"{input}.{Base64UrlText.Encode(signature)}");

        Assert.Equal(RefusalRow.Call(refusal), await Answers.ProblemAsync(answer));
        Assert.Equal(order.Version, (await stage.OrderAsync(order.Lineage, OrderState.Issued)).Version);
        Assert.Equal(before + 1, await RefusalsAsync());
        // The same words under a header of ours are taken: it was the header.
        using var taken = await stage.CloseAsync(order, string.Join('.', closing));
        Assert.Equal(202, (int)taken.StatusCode);
    }

    private async Task<int> RefusalsAsync()
    {
        await using var scope = stage.Gateway.Services.CreateAsyncScope();
        return await scope
            .ServiceProvider.GetRequiredService<HealthDataNode.Gateway.Persistence.GatewayDb>()
            .Set<OutboxMessage>()
            .CountAsync(
                message => message.Contract == "gateway.call-refused" && message.Payload.Contains("document-refused"),
                TestContext.Current.CancellationToken
            );
    }
}
