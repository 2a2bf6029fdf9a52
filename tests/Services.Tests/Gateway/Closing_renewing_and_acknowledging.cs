using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using HealthDataNode.Gateway.Domain;
using HealthDataNode.Gateway.Persistence;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Setup;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace HealthDataNode.Services.Tests.Gateway;

public sealed class Closing_an_order(StageFixture fixture) : IClassFixture<StageFixture>
{
    private const string Rows = "token\u001fstage\u001fage\u001fdiagnosed\n";
    private readonly Stage stage = fixture.Stage;

    [Fact]
    public async Task Refuses_a_document_that_leaves_a_part_out_or_names_one_that_never_came()
    {
        var order = await IssuedAsync();
        SealedPart[] parts = [stage.Seal(order, 1, Rows, 0), stage.Seal(order, 2, Rows, 0)];
        await stage.UploadAsync(order, parts[0]);
        await ClosesAsync(order, stage.ClosingOf(order, parts).Text, RefusalRow.Call("R25"));
        await stage.UploadAsync(order, parts[1]);
        await ClosesAsync(order, stage.ClosingOf(order, parts[0]).Text, RefusalRow.Call("R25"));
        Assert.Equal(OrderState.Receiving, (await stage.OrderAsync(order.Lineage, OrderState.Receiving)).State);
        using var closed = await stage.CloseAsync(order, stage.ClosingOf(order, parts).Text);
        Assert.Equal(HttpStatusCode.Accepted, closed.StatusCode);
        // Its answer was lost: the same again; and another one is too late.
        using var again = await stage.CloseAsync(order, stage.ClosingOf(order, parts).Text);
        Assert.Equal(HttpStatusCode.Accepted, again.StatusCode);
        await ClosesAsync(order, stage.ClosingOf(order).Text, (409, "order-closed"));
    }

    [Fact]
    public async Task Refuses_a_document_by_another_holder_for_another_order_or_of_another_kind()
    {
        var order = await IssuedAsync();
        var other = await IssuedAsync();
        var closing = stage.ClosingOf(order).Payload;
        await ClosesAsync(order, stage.OtherHolder.Sign(closing).Text, (422, "document-refused"));
        await ClosesAsync(order, stage.ClosingOf(other).Text, (422, "document-refused"));
        await ClosesAsync(order, order.Document!, (422, "document-refused"));
        await ClosesAsync(order, "not a document", (422, "document-refused"));
        await ClosesAsync(order, stage.ClosingOf(order).Text[..^4] + "AAAA", (422, "document-refused"));
        Assert.Equal(order.Version, (await stage.OrderAsync(order.Lineage, OrderState.Issued)).Version);
    }

    private async Task<Order> IssuedAsync()
    {
        var permit = await stage.GrantAsync();
        return await stage.OrderAsync(permit.Payload.Lineage, OrderState.Issued);
    }

    private async Task ClosesAsync(Order order, string closing, (int Status, string Type) problem)
    {
        using var answer = await stage.CloseAsync(order, closing);
        Assert.Equal(problem, await Answers.ProblemAsync(answer));
    }
}

public sealed class Acknowledging_while_keys_are_replaced(PostgresFixture postgres)
{
    [Fact]
    public async Task Takes_the_receipt_for_what_an_ended_key_signed_and_knows_one_that_an_ended_key_signed()
    {
        await using var stage = await Stage.StartAsync(postgres);
        var order = await stage.OrderAsync((await stage.GrantAsync()).Payload.Lineage, OrderState.Issued);
        await stage.SendAsync(order);
        order = await stage.OrderAsync(order.Lineage, OrderState.Delivering);
        await stage.StopGatewayAsync();
        using (var before = DocumentSigner.Load(stage.Trust.KeysOf("gateway"), "gateway", KeyUses.Gateway))
        {
            stage.Trust.Replace(before, KeyUses.Gateway).Dispose();
        }
        await stage.StartGatewayAsync();
        var receipt = stage.ReceiptOf(order, 0, 0).Text;
        using var taken = await stage.AcknowledgeAsync(order, receipt);
        Assert.Equal(HttpStatusCode.NoContent, taken.StatusCode);
        await stage.OrderAsync(order.Lineage, OrderState.Delivered);

        // The SPE never had that answer, and has a new key of its own by now.
        using var next = stage.Trust.Replace(stage.Spe, KeyUses.Spe);
        using var again = await stage.AcknowledgeAsync(order, receipt);
        Assert.Equal(HttpStatusCode.NoContent, again.StatusCode);
        using var old = await stage.AcknowledgeAsync(order, stage.ReceiptOf(order, 1, 1).Text);
        Assert.Equal((422, "document-refused"), await Answers.ProblemAsync(old));
    }
}

public sealed class Acknowledging_a_delivery(StageFixture fixture) : IClassFixture<StageFixture>
{
    private readonly Stage stage = fixture.Stage;

    [Fact]
    public async Task Takes_the_pinned_SPEs_receipt_for_this_manifest_alone_and_the_same_again()
    {
        var early = await stage.OrderAsync((await stage.GrantAsync()).Payload.Lineage, OrderState.Issued);
        var order = await DeliveringAsync();
        var good = stage.ReceiptOf(order, 0, 0);
        await RefusesAsync(early, stage.ReceiptOf(early, 0, 0, manifest: order.ManifestDigest).Text, (409, "order-closed"));
        await RefusesAsync(order, stage.ReceiptOf(order, 5, 1).Text, RefusalRow.Call("R31"));
        await RefusesAsync(order, stage.ReceiptOf(order, 0, 0, manifest: new string('b', 64)).Text, RefusalRow.Call("R31"));
        await RefusesAsync(order, stage.ReceiptOf(order, 0, 0, by: stage.Holder).Text, RefusalRow.Call("R31"));
        await RefusesAsync(order, order.Manifest!, RefusalRow.Call("R31"));
        using (var foreign = await stage.AcknowledgeAsync(order, good.Text, party: "otherspe"))
        {
            Assert.Equal((404, "not-found"), await Answers.ProblemAsync(foreign));
        }
        Assert.Null((await stage.OrderAsync(order.Lineage, OrderState.Delivering)).Receipt);
        using var taken = await stage.AcknowledgeAsync(order, good.Text);
        Assert.Equal(HttpStatusCode.NoContent, taken.StatusCode);
        await stage.OrderAsync(order.Lineage, OrderState.Delivered);
        using var again = await stage.AcknowledgeAsync(order, good.Text);
        Assert.Equal(HttpStatusCode.NoContent, again.StatusCode);
    }

    [Fact]
    [Trait("Invariant", "10")]
    public async Task Takes_no_old_receipt_of_another_order()
    {
        var first = await DeliveringAsync();
        var old = stage.ReceiptOf(first, 0, 0).Text;
        using var taken = await stage.AcknowledgeAsync(first, old);
        Assert.Equal(HttpStatusCode.NoContent, taken.StatusCode);
        var second = await DeliveringAsync();
        await RefusesAsync(second, old, RefusalRow.Call("R60"));
        var third = await stage.OrderAsync((await stage.GrantAsync()).Payload.Lineage, OrderState.Issued);
        await RefusesAsync(third, old, RefusalRow.Call("R61"));
        foreach (var order in new[] { second, third })
        {
            Assert.Null((await stage.OrderAsync(order.Lineage, order.State)).Receipt);
            Assert.DoesNotContain("gateway.delivery-completed", (await stage.EventsAsync(order)).Select(message => message.Contract));
        }
    }

    [Fact]
    public async Task Refuses_a_receipt_by_a_stated_key_that_the_permit_does_not_pin()
    {
        var order = await DeliveringAsync();
        using var next = SigningKey.Create();
        var parent = Path.GetDirectoryName(stage.Trust.KeysOf("x"))!;
        using (var root = RootAuthority.OpenOrCreate(Path.Combine(parent, "root"), Path.Combine(parent, "public")))
        {
            var now = DateTimeOffset.UtcNow;
            // Stated by the root, but not endorsed by the key before it: the permit would have to be amended.
            root.State(KeyRequests.ForSigning(next, Stage.SpeParty, KeyUses.Spe, 2).Text, now.AddDays(-1), now.AddDays(1));
        }
        var unpinned = new DocumentSigner(next, Stage.SpeParty, KeyUses.Spe, 2);
        await RefusesAsync(order, stage.ReceiptOf(order, 0, 0, by: unpinned).Text, (422, "document-refused"));

        // Nor does Gateway seal to an encryption key that this one has signed.
        var key = stage.Neighbours.SpeKey;
        stage.Neighbours.SpeKey = stage.SpeKeyDocument(unpinned, stage.SpeKey.PublicKey).Text;
        try
        {
            var other = await stage.OrderAsync((await stage.GrantAsync()).Payload.Lineage, OrderState.Issued);
            await stage.SendAsync(other);
            await Task.Delay(700, TestContext.Current.CancellationToken);
            Assert.Equal(OrderState.Closed, (await stage.OrderAsync(other.Lineage, OrderState.Closed, OrderState.Preparing)).State);
        }
        finally
        {
            stage.Neighbours.SpeKey = key;
        }
    }

    private async Task<Order> DeliveringAsync()
    {
        var order = await stage.OrderAsync((await stage.GrantAsync()).Payload.Lineage, OrderState.Issued);
        await stage.SendAsync(order);
        return await stage.OrderAsync(order.Lineage, OrderState.Delivering);
    }

    private async Task RefusesAsync(Order order, string receipt, (int Status, string Type) problem)
    {
        using var answer = await stage.AcknowledgeAsync(order, receipt);
        Assert.Equal(problem, await Answers.ProblemAsync(answer));
    }
}

public sealed class Renewing_an_order(StageFixture fixture) : IClassFixture<StageFixture>
{
    private readonly Stage stage = fixture.Stage;

    [Fact]
    public async Task Makes_the_next_order_once_after_a_rejection()
    {
        var order = await stage.OrderAsync((await stage.GrantAsync()).Payload.Lineage, OrderState.Issued);
        Assert.Equal((409, "order-not-rejected"), await Answers.ProblemAsync(await RenewAsync(order, "a")));
        await stage.SendAsync(order, stage.Seal(order, 1, "nonsense\n", 0));
        await stage.OrderAsync(order.Lineage, OrderState.Rejected);

        using var made = await RenewAsync(order, "b");
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        using var again = await RenewAsync(order, "b");
        Assert.Equal(
            await made.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            await again.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)
        );
        Assert.Equal((409, "order-not-rejected"), await Answers.ProblemAsync(await RenewAsync(order, "c")));

        var next = await stage.OrderAsync(order.Lineage, OrderState.Issued);
        Assert.Equal(2, next.Attempt);
        Assert.NotEqual(order.Digest, next.Digest);
        var trust = stage.Trust.Store();
        Assert.NotEqual(
            trust.Verify<OrderDocument>(order.Document!).Payload.UploadKey,
            trust.Verify<OrderDocument>(next.Document!).Payload.UploadKey
        );
    }

    [Fact]
    public async Task Is_a_case_officers_act_with_a_key_for_repeats()
    {
        var order = await stage.OrderAsync((await stage.GrantAsync()).Payload.Lineage, OrderState.Issued);
        Assert.Equal((403, "forbidden"), await Answers.ProblemAsync(await RenewAsync(order, "a", "data-user")));
        Assert.Equal((400, "idempotency-key-missing"), await Answers.ProblemAsync(await RenewAsync(order, null)));
    }

    [Fact]
    public async Task Is_the_act_of_the_authority_that_decided_on_the_source()
    {
        var order = await stage.OrderAsync((await stage.GrantAsync()).Payload.Lineage, OrderState.Issued);
        await stage.SendAsync(order, stage.Seal(order, 1, "nonsense\n", 0));
        await stage.OrderAsync(order.Lineage, OrderState.Rejected);
        foreach (var authority in new[] { "hospitaltrust", "", null })
        {
            var stranger = stage.Gateway.As("sub-stranger", ["case-officer"], org: "999000103", authority: authority);
            Assert.Equal(RefusalRow.Call("R91"), await Answers.ProblemAsync(await RenewAsync(order, $"a {authority}", by: stranger)));
            Assert.Equal((404, "not-found"), await Answers.ProblemAsync(await ReadAsync(order, stranger)));
            Assert.DoesNotContain(order.Id, await ListAsync(stranger), StringComparison.Ordinal);
        }
        var own = Officer();
        Assert.Equal(HttpStatusCode.OK, (await ReadAsync(order, own)).StatusCode);
        Assert.Contains(order.Id, await ListAsync(own), StringComparison.Ordinal);
        // A person of the permit sees it whoever decided, and nobody renews what no authority is known of.
        Assert.Contains(order.Id, await ListAsync(stage.Gateway.As(Stage.Researcher, ["data-user"])), StringComparison.Ordinal);
        await ExecuteAsync($"UPDATE gateway.orders SET authority = NULL WHERE id = '{order.Id}'");
        Assert.Equal((404, "not-found"), await Answers.ProblemAsync(await RenewAsync(order, "b")));
        Assert.Equal((404, "not-found"), await Answers.ProblemAsync(await ReadAsync(order, own)));
        // As Setup fills the column in where orders were there before it.
        var script = Schemas.Read("sql/Gateway/Gateway/Persistence/003-authorities.sql");
        await ExecuteAsync(Assert.Single(script.Split(';'), statement => statement.Contains("UPDATE", StringComparison.Ordinal)));
        Assert.Equal("hdab", (await stage.OrderAsync(order.Lineage, OrderState.Rejected)).Authority);
        using var made = await RenewAsync(order, "c");
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
    }

    [Fact]
    public async Task Does_not_order_twice_when_the_permits_event_comes_twice()
    {
        var permit = await stage.GrantAsync();
        await stage.HandleAsync(permit);
        var order = await stage.OrderAsync(permit.Payload.Lineage, OrderState.Issued);
        Assert.Equal(1, order.Attempt);
        var listed = await stage.AsHolder().GetFromJsonAsync<JsonElement>("/v1/orders", TestContext.Current.CancellationToken);
        Assert.Single(listed.EnumerateArray(), shown => shown.GetProperty("lineage").GetString() == order.Lineage);
    }

    [Fact]
    public async Task Refuses_a_permit_that_Permit_did_not_sign()
    {
        var forged = stage.Holder.Sign(stage.PermitOver().Payload);
        await Assert.ThrowsAsync<DocumentRefusedException>(() => stage.HandleAsync(forged));
    }

    [Fact]
    [Trait("Invariant", "2")]
    public async Task Orders_nothing_by_a_second_successor_of_a_permit_nor_by_a_version_older_than_the_newest()
    {
        var first = await stage.GrantAsync();
        var cancer = first.Payload.Sources[0];
        var second = stage.Permit.Sign(
            first.Payload with
            {
                Version = 2,
                Previous = first.Digest,
                Sources = [cancer, cancer with { Source = "second" }],
            }
        );
        await stage.HandleAsync(second);
        var fork = second.Payload with { Sources = [cancer, cancer with { Source = "fork" }] };
        foreach (var forked in new[] { fork, fork with { Version = 3, Previous = first.Digest } })
        {
            var refused = await Assert.ThrowsAsync<DocumentRefusedException>(() => stage.HandleAsync(stage.Permit.Sign(forked)));
            Assert.Equal(Refusal.SecondSuccessor, refused.Refusal);
        }
        // An older one is a late event, not a fault; whatever it names, it orders nothing.
        await stage.HandleAsync(stage.Permit.Sign(fork with { Version = 1, Previous = null }));
        Assert.Equal(["cancer", "second"], await SourcesAsync(first.Payload.Lineage));
    }

    private async Task<string[]> SourcesAsync(string lineage)
    {
        await using var scope = stage.Gateway.Services.CreateAsyncScope();
        var orders = scope.ServiceProvider.GetRequiredService<GatewayDb>().Orders.Where(order => order.Lineage == lineage);
        return await orders.Select(order => order.Source).Order().ToArrayAsync(TestContext.Current.CancellationToken);
    }

    private HttpClient Officer(string role = "case-officer") =>
        stage.Gateway.As("sub-officer", [role], org: "999000001", authority: "hdab");

    private static Task<HttpResponseMessage> ReadAsync(Order order, HttpClient by) =>
        by.GetAsync($"/v1/orders/{order.Id}", TestContext.Current.CancellationToken);

    private static Task<string> ListAsync(HttpClient by) => by.GetStringAsync("/v1/orders", TestContext.Current.CancellationToken);

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(stage.Database);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private Task<HttpResponseMessage> RenewAsync(Order order, string? key, string role = "case-officer", HttpClient? by = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/orders/{order.Id}/renewal");
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }
        return (by ?? Officer(role)).SendAsync(request);
    }
}

internal static class Answers
{
    public static async Task<(int, string)> ProblemAsync(HttpResponseMessage answer)
    {
        var problem = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        return ((int)answer.StatusCode, problem.GetProperty("type").GetString()![ProblemTypes.Prefix.Length..]);
    }
}
