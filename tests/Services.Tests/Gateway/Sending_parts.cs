using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using HealthDataNode.Gateway;
using HealthDataNode.Gateway.Domain;
using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.Protocol.Uploads;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace HealthDataNode.Services.Tests.Gateway;

/// <summary>What is judged at the call: the answer says why, and nothing has changed.</summary>
public sealed class Sending_parts(StageFixture fixture) : IClassFixture<StageFixture>
{
    private const string Rows = "token\u001fstage\u001fage\u001fdiagnosed\n";
    private static readonly string[] OfTheHolder = ["order", "permit", "parts", "traceParent"];
    private readonly Stage stage = fixture.Stage;

    [Fact]
    public async Task Needs_a_token_of_this_API_that_has_not_expired_and_the_role()
    {
        var order = await IssuedAsync();
        var path = $"/v1/orders/{order.Id}/parts";
        string Token(string audience = "gateway", string role = "data-holder", DateTime? expires = null) =>
            TestTokens.For(audience, "sub", [role], party: Stage.HolderParty, expires: expires);
        Assert.Equal(RefusalRow.Call("R06"), await CreateAsync(stage.Gateway.Anonymous, path));
        Assert.Equal(RefusalRow.Call("R07"), await CreateAsync(stage.Gateway.With(Token(expires: DateTime.UtcNow.AddMinutes(-2))), path));
        Assert.Equal(RefusalRow.Call("R08"), await CreateAsync(stage.Gateway.With(Token(audience: "permit")), path));
        Assert.Equal(RefusalRow.Call("R09"), await CreateAsync(stage.Gateway.With(Token(role: "spe")), path));
    }

    [Fact]
    public async Task Hides_another_holders_order()
    {
        var order = await IssuedAsync();
        var other = stage.Gateway.As("service-account-deathregistry", ["data-holder"], party: "deathregistry");
        Assert.Equal(RefusalRow.Call("R10"), await CreateAsync(other, $"/v1/orders/{order.Id}/parts"));
        Assert.Equal(
            HttpStatusCode.NotFound,
            (await other.GetAsync($"/v1/orders/{order.Id}", TestContext.Current.CancellationToken)).StatusCode
        );
        using var closed = await stage.CloseAsync(order, stage.ClosingOf(order).Text, other);
        Assert.Equal(HttpStatusCode.NotFound, closed.StatusCode);
        Assert.Equal("[]", await other.GetStringAsync("/v1/orders", TestContext.Current.CancellationToken));
        await IsUntouchedAsync(order);
    }

    [Theory]
    [InlineData("another holder", "R18")]
    [InlineData("another type", "R21")]
    [InlineData("another order", "R20")]
    [InlineData("a forged signature", null)]
    [InlineData("an unknown key", null)]
    public async Task Refuses_a_seal_by_somebody_else_or_for_something_else(string what, string? refusal)
    {
        var order = await IssuedAsync();
        var file = Crypt4GhFile.Seal("x"u8, stage.SpeKey.PublicKey);
        var bytes = SealedBytes.Of(file);
        var own = new SealBuilder(stage.Holder);
        var good = own.Build(SealTypes.Rows, "gateway", order.Digest!, 1, 1, bytes).Text;
        using var stranger = HealthDataNode.Protocol.Trust.SigningKey.Create();
        var seal = what switch
        {
            "another holder" => new SealBuilder(stage.OtherHolder).Build(SealTypes.Rows, "gateway", order.Digest!, 1, 1, bytes).Text,
            "another type" => own.Build(SealTypes.Identifiers, "pseudonymisation", order.Digest!, 1, 1, bytes).Text,
            "another order" => own.Build(SealTypes.Rows, "gateway", new string('a', 64), 1, 1, bytes).Text,
            "a forged signature" => good[..^8] + (good[^8] == 'A' ? "B" : "A") + good[^7..],
            _ => new SealBuilder(new HealthDataNode.Protocol.Trust.DocumentSigner(stranger, Stage.HolderParty, KeyUses.Holder, 9))
                .Build(SealTypes.Rows, "gateway", order.Digest!, 1, 1, bytes)
                .Text,
        };
        var expected = refusal is null ? (422, "document-refused") : RefusalRow.Call(refusal);
        Assert.Equal(expected, await CreateAsync(stage.AsHolder(), $"/v1/orders/{order.Id}/parts", seal));
        await IsUntouchedAsync(order);
    }

    [Fact]
    public async Task Recognises_a_part_again_and_refuses_other_bytes_under_its_number()
    {
        var order = await IssuedAsync();
        var part = stage.Seal(order, 1, Rows, 0);
        Assert.False((await stage.UploadAsync(order, part)).WasThere);
        Assert.True((await stage.UploadAsync(order, part)).WasThere);
        var other = stage.Seal(order, 1, Rows, 0);
        var refused = await Assert.ThrowsAsync<ProtocolProblemException>(() => stage.UploadAsync(order, other));
        Assert.Equal(RefusalRow.Call("R17"), (refused.Problem.Status, refused.Problem.Type[ProblemTypes.Prefix.Length..]));
        // Also after closing, while its bytes are here or the order has gone on: recognised or refused, never doubled.
        await stage.SendAsync(order, part);
        await stage.OrderAsync(order.Lineage, OrderState.Delivering);
        Assert.True((await stage.UploadAsync(order, part)).WasThere);
        var late = await Assert.ThrowsAsync<ProtocolProblemException>(() => stage.UploadAsync(order, stage.Seal(order, 2, Rows, 0)));
        Assert.Equal((409, ProblemTypes.OrderClosed), (late.Problem.Status, late.Problem.Type));
    }

    [Fact]
    public async Task Takes_no_more_parts_and_bytes_than_an_order_may_have()
    {
        var refusal = RefusalRow.Call("R110");
        var order = await IssuedAsync();
        var one = SealedBytes.Of(stage.Seal(order, 1, Rows, 0).File);
        var seals = new SealBuilder(stage.Holder);
        string Seal(int part, long length) =>
            seals.Build(SealTypes.Rows, "gateway", order.Digest!, part, 0, one with { Length = length }).Text;
        await RefusesAsync(Seal(GatewayOptions.MostParts + 1, one.Length));
        await IsUntouchedAsync(order);
        await stage.UploadAsync(order, stage.Seal(order, GatewayOptions.MostParts, Rows, 0));

        // One mebibyte is the least that can be set; what is here counts, and the part itself not twice.
        var options = stage.Gateway.Services.GetRequiredService<IOptions<GatewayOptions>>().Value;
        var most = options.MostOrderMebibytes;
        try
        {
            options.MostOrderMebibytes = 1;
            var first = stage.Seal(order, 1, Rows + new string('x', 600 << 10), 0);
            await stage.UploadAsync(order, first);
            Assert.True((await stage.UploadAsync(order, first)).WasThere);
            await RefusesAsync(Seal(2, 500 << 10));
            await stage.UploadAsync(order, stage.Seal(order, 2, Rows, 0));
            Assert.Equal(3, (await PartsAsync(order)).Count);
        }
        finally
        {
            options.MostOrderMebibytes = most;
        }

        async Task RefusesAsync(string seal) =>
            Assert.Equal(refusal, await CreateAsync(stage.AsHolder(), $"/v1/orders/{order.Id}/parts", seal));
    }

    [Fact]
    public void Takes_every_order_that_a_closing_document_can_name()
    {
        var parts = Enumerable.Range(1, GatewayOptions.MostParts).Select(part => new ClosingPart(part, 0, new string('a', 64)));
        var closing = new Closing
        {
            Order = new string('a', 64),
            Parts = [.. parts],
            Rows = 0,
            Persons = 0,
        };
        // Even with the shortest entry for each part it is longer than a signed text may be.
        var refused = Assert.Throws<DocumentRefusedException>(() => stage.Holder.Sign(closing));
        Assert.Equal(Refusal.Malformed, refused.Refusal);
    }

    [Fact]
    public async Task Refuses_bytes_that_are_not_those_of_the_seal()
    {
        var order = await IssuedAsync();
        var part = stage.Seal(order, 1, Rows, 0);
        var changed = (byte[])part.File.Clone();
        changed[^1] ^= 1;
        var refused = await Assert.ThrowsAsync<ProtocolProblemException>(() => stage.UploadAsync(order, part with { File = changed }));
        Assert.Equal((422, ProblemTypes.SealMismatch), (refused.Problem.Status, refused.Problem.Type));
        var cut = await Assert.ThrowsAsync<ProtocolProblemException>(() => stage.UploadAsync(order, part with { File = part.File[..^1] }));
        Assert.Equal(400, cut.Problem.Status);
        Assert.Empty(await PartsAsync(order));
        await stage.UploadAsync(order, part);
        Assert.Single(await PartsAsync(order));
    }

    [Fact]
    public async Task Goes_on_where_an_upload_was_cut()
    {
        var order = await IssuedAsync();
        var part = stage.Seal(order, 1, Rows + new string('x', 300_000), 0);
        var half = part.File.Length / 2;
        var client = stage.AsHolder();
        using var create = new HttpRequestMessage(HttpMethod.Post, $"/v1/orders/{order.Id}/parts")
        {
            Content = new ByteArrayContent(part.File[..half]),
        };
        create.Headers.Add(UploadProtocol.CompleteHeader, "?0");
        create.Headers.Add(UploadProtocol.InteropVersionHeader, UploadProtocol.InteropVersion);
        create.Headers.Add(UploadProtocol.SealHeader, part.Seal.Text);
        create.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        using var created = await client.SendAsync(create, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        await stage.StopGatewayAsync();
        await stage.StartGatewayAsync();
        var rest = await stage.UploadAsync(order, part);
        Assert.False(rest.WasThere);
        Assert.Equal(part.Seal.Payload.Sha256, (await PartsAsync(order)).Single().GetProperty("sha256").GetString());
    }

    [Fact]
    public async Task Waits_while_nobody_can_say_whether_the_permit_is_in_force()
    {
        var order = await IssuedAsync();
        stage.Neighbours.PermitAnswers = false;
        try
        {
            await stage.PermitIsGoodAsync(order.Lineage, false);
            var seal = stage.Seal(order, 1, Rows, 0).Seal.Text;
            Assert.Equal((503, "permit-state-unknown"), await CreateAsync(stage.AsHolder(), $"/v1/orders/{order.Id}/parts", seal));
        }
        finally
        {
            stage.Neighbours.PermitAnswers = true;
        }
        await IsUntouchedAsync(order);
    }

    [Fact]
    public async Task Gives_documents_to_the_holder_and_none_to_the_persons_of_the_permit()
    {
        var order = await IssuedAsync();
        var holder = JsonDocument
            .Parse(await stage.AsHolder().GetStringAsync("/v1/orders?open=true", TestContext.Current.CancellationToken))
            .RootElement;
        var own = holder.EnumerateArray().Single(shown => shown.GetProperty("id").GetString() == order.Id);
        Assert.Equal(order.Document, own.GetProperty("order").GetString());
        Assert.Equal(order.Permit, own.GetProperty("permit").GetString());
        Assert.StartsWith("00-0af7651916cd43dd8448eb211c80319c-", own.GetProperty("traceParent").GetString(), StringComparison.Ordinal);

        var nora = stage.Gateway.As(Stage.Researcher, ["data-user"], org: "999000301");
        var shown = JsonDocument
            .Parse(await nora.GetStringAsync($"/v1/orders/{order.Id}", TestContext.Current.CancellationToken))
            .RootElement;
        Assert.Equal("issued", shown.GetProperty("state").GetString());
        Assert.All(OfTheHolder, member => Assert.False(shown.TryGetProperty(member, out _)));
        var ivar = stage.Gateway.As("sub-ivar", ["data-user"], org: "999000301");
        Assert.Equal(
            HttpStatusCode.NotFound,
            (await ivar.GetAsync($"/v1/orders/{order.Id}", TestContext.Current.CancellationToken)).StatusCode
        );
    }

    private async Task<Order> IssuedAsync()
    {
        var permit = await stage.GrantAsync();
        return await stage.OrderAsync(permit.Payload.Lineage, OrderState.Issued);
    }

    private static async Task<(int, string)> CreateAsync(HttpClient client, string path, string seal = "x.y.z")
    {
        using var create = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent([]) };
        create.Headers.Add(UploadProtocol.CompleteHeader, "?0");
        create.Headers.Add(UploadProtocol.InteropVersionHeader, UploadProtocol.InteropVersion);
        create.Headers.Add(UploadProtocol.SealHeader, seal);
        using var response = await client.SendAsync(create, TestContext.Current.CancellationToken);
        var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement;
        return ((int)response.StatusCode, problem.GetProperty("type").GetString()![ProblemTypes.Prefix.Length..]);
    }

    private async Task<List<JsonElement>> PartsAsync(Order order)
    {
        var shown = JsonDocument
            .Parse(await stage.AsHolder().GetStringAsync($"/v1/orders/{order.Id}", TestContext.Current.CancellationToken))
            .RootElement;
        return [.. shown.GetProperty("parts").EnumerateArray()];
    }

    private async Task IsUntouchedAsync(Order order)
    {
        var now = await stage.OrderAsync(order.Lineage, OrderState.Issued);
        Assert.Equal(order.Version, now.Version);
        Assert.Empty(await PartsAsync(order));
        Assert.True(stage.HasKey(order));
    }
}
