using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using HealthDataNode.Gateway.Domain;
using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.Protocol.Trust;

namespace HealthDataNode.Services.Tests.Gateway;

public sealed class Delivering_an_order(StageFixture fixture) : IClassFixture<StageFixture>
{
    private const string Separator = "\u001f";
    private static readonly string Header = string.Join(Separator, "token", "stage", "age", "diagnosed") + "\n";
    private readonly Stage stage = fixture.Stage;

    [Fact]
    [Trait("Article", "EHDS 60(2)")]
    public async Task Carries_rows_of_two_parts_to_the_SPE_under_pseudonyms_and_leaves_nothing_behind()
    {
        var permit = await stage.GrantAsync();
        var order = await stage.OrderAsync(permit.Payload.Lineage, OrderState.Issued);
        Assert.True(stage.HasKey(order));
        var tokens = await stage.TokensAsync(order, 40);
        var first = Rows(tokens[..25]);
        var second = Rows(tokens[25..]);
        await stage.SendAsync(order, stage.Seal(order, 1, Header + first, 50), stage.Seal(order, 2, Header + second, 30));

        order = await stage.OrderAsync(permit.Payload.Lineage, OrderState.Delivering);
        var announced = await ManifestAsync(order);
        var trust = stage.Trust.Store();
        var verified = new OrderAndPermit(trust).Verify(
            announced.GetProperty("order").GetString()!,
            announced.GetProperty("permit").GetString()!
        );
        var box = Convert.FromBase64String(announced.GetProperty("deliveryKey").GetProperty("box").GetString()!);
        var seal = new SealVerifier(trust).Verify(
            announced.GetProperty("deliveryKey").GetProperty("seal").GetString()!,
            new SealExpectation(SealTypes.DeliveryKey, "pseudonymisation", Stage.SpeParty, order.Digest!),
            SealedBytes.Of(box)
        );
        var manifest = new OrderAndPermit(trust).VerifyManifest(announced.GetProperty("manifest").GetString()!, verified, seal);
        Assert.Equal(80, manifest.Payload.Rows);
        Assert.Equal(2, manifest.Payload.Parts.Count);
        Assert.Equal(32, Crypt4GhFile.Open(box, stage.SpeKey).Length);
        Assert.StartsWith("00-0af7651916cd43dd8448eb211c80319c-", stage.Neighbours.TraceParents[order.Id], StringComparison.Ordinal);

        var opened = stage.Opened(order, 1);
        Assert.StartsWith(string.Join(Separator, "pseudonym", "stage", "age", "diagnosed") + "\n", opened, StringComparison.Ordinal);
        Assert.Equal(WithoutPersons(first), WithoutPersons(opened[(opened.IndexOf('\n', StringComparison.Ordinal) + 1)..]));
        Assert.DoesNotContain(tokens, token => opened.Contains(token, StringComparison.Ordinal));
        Assert.Equal(25, opened.Split('\n').Skip(1).Where(line => line.Length > 0).Select(line => line[..32]).Distinct().Count());

        using var taken = await stage.AcknowledgeAsync(order, stage.ReceiptOf(order, 80, 40).Text);
        Assert.Equal(HttpStatusCode.NoContent, taken.StatusCode);
        order = await stage.OrderAsync(permit.Payload.Lineage, OrderState.Delivered);
        Assert.False(stage.HasKey(order));
        Assert.False(stage.HasFiles(order));
        Assert.Equal(
            ["gateway.order-issued", "gateway.delivery-received", "gateway.delivery-completed"],
            (await stage.EventsAsync(order)).Select(message => message.Contract)
        );
        Assert.True(await AgreementAsync(order));
    }

    [Fact]
    [Trait("Article", "EHDS 63(3)")]
    public async Task Asks_for_no_delivery_key_before_the_SPE_knows_the_order_and_sends_no_part()
    {
        // Whoever was given a key must prove the deletion: it must know by then of what.
        var order = await stage.OrderAsync((await stage.GrantAsync()).Payload.Lineage, OrderState.Issued);
        var tokens = await stage.TokensAsync(order, 3);
        stage.Faults.Hangs = request =>
            request.Method == HttpMethod.Put && request.RequestUri!.AbsolutePath.EndsWith(order.Id, StringComparison.Ordinal);
        await stage.SendAsync(order, stage.Seal(order, 1, Header + Rows(tokens), 6));
        await stage.Faults.Reached.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Null(await AgreementAsync(order));
        stage.Faults.Release();
        order = await stage.OrderAsync(order.Lineage, OrderState.Delivering);
        Assert.True(await AgreementAsync(order));
        var known = stage.Neighbours.Announced[order.Id];
        Assert.Equal((order.Document, order.Permit), (known.GetProperty("order").GetString(), known.GetProperty("permit").GetString()));
    }

    [Fact]
    public async Task Can_open_nothing_from_the_receipt_on_and_is_not_rejected_any_more_while_Pseudonymisation_is_away()
    {
        var permit = await stage.GrantAsync();
        var order = await stage.OrderAsync(permit.Payload.Lineage, OrderState.Issued);
        var part = stage.Seal(order, 1, Header + Rows(await stage.TokensAsync(order, 3)), 6);
        await stage.SendAsync(order, part);
        order = await stage.OrderAsync(permit.Payload.Lineage, OrderState.Delivering);
        await ManifestAsync(order);
        stage.Faults.Hangs = request => request.RequestUri!.AbsolutePath.EndsWith("/close", StringComparison.Ordinal);
        using var taken = await stage.AcknowledgeAsync(order, stage.ReceiptOf(order, 6, 3).Text);
        await stage.Faults.Reached.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.False(stage.HasKey(order));
        Assert.False(stage.HasFiles(order));

        // Its permit ends: the rows were delivered all the same, and a part that comes again does not undo it.
        stage.Neighbours.States[order.Lineage] = LineageStates.Revoked;
        var refused = await Assert.ThrowsAsync<ProtocolProblemException>(() => stage.UploadAsync(order, part));
        Assert.Equal(ProblemTypes.OrderClosed, refused.Problem.Type);
        Assert.Equal(OrderState.Delivering, (await stage.OrderAsync(order.Lineage, OrderState.Delivering)).State);
        stage.Faults.Release();
        await stage.OrderAsync(order.Lineage, OrderState.Delivered);
    }

    [Fact]
    public async Task Tells_the_public_rounded_counts_and_none_below_the_threshold()
    {
        // The permit's own smallest cell counts where it is the stricter one.
        foreach (var (persons, cell, said) in new[] { (37, 5, (long?)30), (4, 3, null), (37, 38, null), (37, 37, 30) })
        {
            var permit = stage.Permit.Sign(stage.PermitOver().Payload with { SmallestCell = cell });
            await stage.HandleAsync(permit);
            var order = await stage.OrderAsync(permit.Payload.Lineage, OrderState.Issued);
            var tokens = await stage.TokensAsync(order, persons);
            await stage.SendAsync(order, stage.Seal(order, 1, Header + Rows(tokens), persons * 2));
            order = await stage.OrderAsync(permit.Payload.Lineage, OrderState.Delivering);
            using var taken = await stage.AcknowledgeAsync(order, stage.ReceiptOf(order, persons * 2, persons).Text);
            await stage.OrderAsync(permit.Payload.Lineage, OrderState.Delivered);
            var shown = await PublicAsync(order);
            Assert.Equal(said, shown.TryGetProperty("persons", out var count) ? count.GetInt64() : null);
            Assert.Equal(said is not null, shown.TryGetProperty("rows", out _));
            Assert.Equal("delivered", shown.GetProperty("state").GetString());
            var issued = shown.GetProperty("issuedAt").GetDateTimeOffset();
            var received = shown.GetProperty("receivedAt").GetDateTimeOffset();
            var delivered = shown.GetProperty("deliveredAt").GetDateTimeOffset();
            Assert.True(issued <= received && received <= delivered);
            Assert.False(shown.TryGetProperty("rejectedAt", out _));
        }
    }

    [Fact]
    public async Task Tells_the_public_no_count_of_what_is_on_the_way()
    {
        var permit = await stage.GrantAsync();
        var order = await stage.OrderAsync(permit.Payload.Lineage, OrderState.Issued);
        var shown = await PublicAsync(order);
        Assert.Equal("issued", shown.GetProperty("state").GetString());
        Assert.False(shown.TryGetProperty("receivedAt", out _));

        var tokens = await stage.TokensAsync(order, 40);
        await stage.SendAsync(order, stage.Seal(order, 1, Header + Rows(tokens), 80));
        order = await stage.OrderAsync(permit.Payload.Lineage, OrderState.Delivering);
        shown = await PublicAsync(order);
        Assert.Equal("delivering", shown.GetProperty("state").GetString());
        Assert.True(shown.TryGetProperty("receivedAt", out _));
        Assert.False(shown.TryGetProperty("persons", out _));
        Assert.False(shown.TryGetProperty("rows", out _));
    }

    [Theory]
    [InlineData("%00")]
    [InlineData("no%20lineage")]
    public async Task Tells_the_public_that_a_lineage_has_another_form(string lineage)
    {
        using var answer = await stage.Gateway.Anonymous.GetAsync(
            $"/v1/deliveries?lineage={lineage}",
            TestContext.Current.CancellationToken
        );
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    [Trait("Invariant", "10")]
    public async Task Tells_the_public_what_a_revocation_stopped()
    {
        var permit = await stage.GrantAsync();
        var order = await stage.OrderAsync(permit.Payload.Lineage, OrderState.Issued);
        var part = stage.Seal(order, 1, Header, 0);
        await stage.UploadAsync(order, part);
        stage.Neighbours.States[order.Lineage] = LineageStates.Revoked;
        using var closed = await stage.CloseAsync(order, stage.ClosingOf(order, part).Text);
        order = await stage.OrderAsync(order.Lineage, OrderState.Rejected);
        var shown = await PublicAsync(order);
        Assert.True(shown.GetProperty("revoked").GetBoolean());
        Assert.True(shown.TryGetProperty("rejectedAt", out _));
        Assert.False(shown.TryGetProperty("deliveredAt", out _));
    }

    [Fact]
    public async Task Delivers_an_extract_without_a_row()
    {
        var permit = await stage.GrantAsync();
        var order = await stage.OrderAsync(permit.Payload.Lineage, OrderState.Issued);
        await stage.SendAsync(order);
        order = await stage.OrderAsync(permit.Payload.Lineage, OrderState.Delivering);
        await ManifestAsync(order);
        using var taken = await stage.AcknowledgeAsync(order, stage.ReceiptOf(order, 0, 0).Text);
        Assert.Equal(HttpStatusCode.NoContent, taken.StatusCode);
        await stage.OrderAsync(permit.Payload.Lineage, OrderState.Delivered);
    }

    [Fact]
    [Trait("Article", "EHDS 71(3)")]
    public async Task Delivers_nothing_of_an_order_whose_holder_asked_for_tokens_that_it_did_not_use()
    {
        var permit = await stage.GrantAsync();
        var order = await stage.OrderAsync(permit.Payload.Lineage, OrderState.Issued);
        var tokens = await stage.TokensAsync(order, 12);
        await stage.SendAsync(order, stage.Seal(order, 1, Header + Rows(tokens[1..]), 22));
        order = await stage.OrderAsync(permit.Payload.Lineage, OrderState.Rejected);
        Assert.Equal(RejectionCodes.AgreementFailed, order.RejectionCode);
        await Eventually.Async(() => !stage.HasKey(order) && !stage.HasFiles(order));
        // Not a part reached the SPE, and no key to one.
        Assert.Equal(0, stage.Neighbours.ReceivedOf(order.Id, 1));
        Assert.False(stage.Neighbours.Manifests.ContainsKey(order.Id));
    }

    [Fact]
    [Trait("Invariant", "12")]
    public async Task Waits_while_the_SPE_is_not_approved()
    {
        var order = await stage.OrderAsync((await stage.GrantAsync()).Payload.Lineage, OrderState.Issued);
        var part = stage.Seal(order, 1, Header + Rows(await stage.TokensAsync(order, 3)), 6);
        await stage.UploadAsync(order, part);
        stage.Neighbours.SpeStatus = "suspended";
        try
        {
            await stage.SpeIsGoodAsync(false);
            var asked = stage.Neighbours.AskedForSpe;
            using var closed = await stage.CloseAsync(order, stage.ClosingOf(order, part).Text);
            await Eventually.Async(() => stage.Neighbours.AskedForSpe > asked + 1);
            await stage.OrderAsync(order.Lineage, OrderState.Closed);
        }
        finally
        {
            stage.Neighbours.SpeStatus = "approved";
        }
        await stage.OrderAsync(order.Lineage, OrderState.Delivering);
    }

    [Fact]
    public async Task Waits_while_Permit_does_not_answer_or_not_to_its_own_question()
    {
        var order = await stage.OrderAsync((await stage.GrantAsync()).Payload.Lineage, OrderState.Issued);
        var tokens = await stage.TokensAsync(order, 3);
        var part = stage.Seal(order, 1, Header + Rows(tokens), 6);
        await stage.UploadAsync(order, part);
        try
        {
            stage.Neighbours.PermitAnswers = false;
            await stage.PermitIsGoodAsync(order.Lineage, false);
            var asked = stage.Neighbours.Asked;
            using var closed = await stage.CloseAsync(order, stage.ClosingOf(order, part).Text);
            await Eventually.Async(() => stage.Neighbours.Asked > asked + 1);
            stage.Neighbours.AnswersTo = "somebodyelse";
            stage.Neighbours.PermitAnswers = true;
            asked = stage.Neighbours.Asked;
            await Eventually.Async(() => stage.Neighbours.Asked > asked + 1);
            await stage.OrderAsync(order.Lineage, OrderState.Closed);
        }
        finally
        {
            stage.Neighbours.PermitAnswers = true;
            stage.Neighbours.AnswersTo = null;
        }
        await stage.OrderAsync(order.Lineage, OrderState.Delivering);
    }

    [Fact]
    public async Task Sends_parts_again_that_the_SPE_has_lost()
    {
        var order = await stage.OrderAsync((await stage.GrantAsync()).Payload.Lineage, OrderState.Issued);
        var tokens = await stage.TokensAsync(order, 3);
        stage.Neighbours.ManifestProblems[order.Document!] = "delivery-incomplete";
        await stage.SendAsync(order, stage.Seal(order, 1, Header + Rows(tokens), 6));
        await ManifestAsync(order);
        Assert.Equal(7, stage.Opened(order, 1).Count(c => c == '\n'));
    }

    [Fact]
    public async Task Ends_when_the_SPE_finds_that_the_delivery_is_not_what_its_manifest_says()
    {
        var order = await stage.OrderAsync((await stage.GrantAsync()).Payload.Lineage, OrderState.Issued);
        stage.Neighbours.ManifestProblems[order.Document!] = "order-rejected";
        await stage.SendAsync(order);
        order = await stage.OrderAsync(order.Lineage, OrderState.Rejected);
        Assert.Equal(RejectionCodes.DeliveryRefused, order.RejectionCode);
    }

    [Fact]
    public async Task Takes_first_parts_that_come_at_the_same_time()
    {
        var order = await stage.OrderAsync((await stage.GrantAsync()).Payload.Lineage, OrderState.Issued);
        var parts = Enumerable.Range(1, 6).Select(part => stage.Seal(order, part, Header, 0)).ToArray();
        await Task.WhenAll(parts.Select(part => stage.UploadAsync(order, part)));
        using var closed = await stage.CloseAsync(order, stage.ClosingOf(order, parts).Text);
        Assert.Equal(HttpStatusCode.Accepted, closed.StatusCode);
        await stage.OrderAsync(order.Lineage, OrderState.Delivering);
    }

    [Fact]
    [Trait("Invariant", "10")]
    [Trait("Article", "EHDS 63(3)")]
    public async Task Ends_at_once_when_the_permit_is_revoked()
    {
        var permit = await stage.GrantAsync();
        var order = await stage.OrderAsync(permit.Payload.Lineage, OrderState.Issued);
        var tokens = await stage.TokensAsync(order, 3);
        var part = stage.Seal(order, 1, Header + Rows(tokens), 6);
        await stage.UploadAsync(order, part);
        stage.Neighbours.States[order.Lineage] = LineageStates.Revoked;
        order = await stage.OrderAsync(order.Lineage, OrderState.Rejected);
        Assert.Equal(RejectionCodes.PermitRevoked, order.RejectionCode);
        await Eventually.Async(() => !stage.HasKey(order) && !stage.HasFiles(order));
    }

    // Judged when the delivery key is asked for.
    private async Task<bool?> AgreementAsync(Order order) =>
        (
            await stage
                .Pseudonymisation.As("svc", [], party: "gateway")
                .GetFromJsonAsync<JsonElement>($"/v1/orders/{order.Digest}", TestContext.Current.CancellationToken)
        ).TryGetProperty("tokensAgree", out var agrees)
            ? agrees.GetBoolean()
            : null;

    private static string Rows(IEnumerable<string> tokens) =>
        string.Concat(
            tokens.SelectMany(
                (token, i) =>
                    new[]
                    {
                        string.Join(Separator, token, "II", $"{40 + (i % 50)}", "2019-03-04") + "\n",
                        string.Join(Separator, token, "", "-7", "") + "\n",
                    }
            )
        );

    private static string[] WithoutPersons(string rows) =>
        [.. rows.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[32..])];

    private async Task<JsonElement> PublicAsync(Order order)
    {
        var deliveries = await stage.Gateway.Anonymous.GetFromJsonAsync<JsonElement[]>(
            $"/v1/deliveries?lineage={order.Lineage}",
            TestContext.Current.CancellationToken
        );
        return Assert.Single(deliveries!);
    }

    private async Task<JsonElement> ManifestAsync(Order order)
    {
        JsonElement announced = default;
        await Eventually.Async(() => stage.Neighbours.Manifests.TryGetValue(order.Id, out announced));
        return announced;
    }
}
