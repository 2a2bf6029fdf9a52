using System.Diagnostics;
using System.Net;
using System.Text.Json;
using HealthDataNode.Gateway.Consumers;
using HealthDataNode.Gateway.Domain;
using HealthDataNode.Permit.Contracts.V1;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Uploads;
using HealthDataNode.ServiceDefaults.Messaging;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace HealthDataNode.Services.Tests.Gateway;

/// <summary>What runs when a permit is revoked, when nobody can say, when an SPE is suspended, when a holder is late.</summary>
public sealed class Pausing_and_ending_an_order(StageFixture fixture) : IClassFixture<StageFixture>
{
    private const string Separator = "\u001f";
    private static readonly string Header = string.Join(Separator, "token", "stage", "age", "diagnosed") + "\n";

    // EHDS 63(3); issue 5: from the revocation to the stopped transfer.
    private static readonly TimeSpan AtMost = TimeSpan.FromSeconds(5);
    private readonly Stage stage = fixture.Stage;

    [Fact]
    [Trait("Invariant", "10")]
    [Trait("Article", "EHDS 63(3)")]
    public async Task Cuts_the_upload_in_flight_and_deletes_parts_and_key_when_the_permit_is_revoked()
    {
        var order = await stage.OrderAsync((await stage.GrantAsync()).Payload.Lineage, OrderState.Issued);
        var tokens = await stage.TokensAsync(order, 3);
        await stage.UploadAsync(order, stage.Seal(order, 1, Header + Rows(tokens), 3));
        using var transfer = await BeginAsync(order, stage.Seal(order, 2, Header + Rows(tokens), 3));
        Assert.True(stage.HasKey(order) && stage.HasFiles(order));

        var since = Stopwatch.StartNew();
        stage.Neighbours.States[order.Lineage] = LineageStates.Revoked;
        await transfer.IsCutAsync();
        order = await stage.OrderAsync(order.Lineage, OrderState.Rejected);
        await Eventually.Async(() => !stage.HasKey(order) && !stage.HasFiles(order));
        Assert.InRange(since.Elapsed, TimeSpan.Zero, AtMost);

        Assert.Equal((409, ProblemTypes.OrderRejected), await RefusedAsync(order, 3));
        Assert.Equal(("rejected", RefusalRow.Says("R66", "order")), await ShownAsync(order));
        Assert.Contains("gateway.order-rejected", (await stage.EventsAsync(order)).Select(message => message.Contract));
        await Eventually.Async(() => !stage.HasFiles(order));
    }

    [Fact]
    [Trait("Invariant", "1")]
    public async Task Pauses_an_upload_while_Permit_is_away_and_goes_on_where_it_was()
    {
        var order = await stage.OrderAsync((await stage.GrantAsync()).Payload.Lineage, OrderState.Issued);
        var tokens = await stage.TokensAsync(order, 3);
        var part = stage.Seal(order, 1, Header + Rows(tokens), 3);
        using (var transfer = await BeginAsync(order, part))
        {
            stage.Neighbours.PermitAnswers = false;
            try
            {
                await transfer.IsCutAsync();
                Assert.Equal((503, ProblemTypes.PermitStateUnknown), await RefusedAsync(order, 2));
                Assert.True(stage.HasKey(order) && stage.HasFiles(order));
            }
            finally
            {
                stage.Neighbours.PermitAnswers = true;
            }
        }
        await stage.PermitIsGoodAsync(order.Lineage);
        await stage.SendAsync(order, part);
        await stage.OrderAsync(order.Lineage, OrderState.Delivering);
        await ManifestAsync(order);
        Assert.Equal(4, stage.Opened(order, 1).Count(c => c == '\n'));
    }

    [Fact]
    [Trait("Invariant", "1")]
    [Trait("Invariant", "10")]
    public async Task Stays_closed_when_the_permit_is_revoked_and_Permit_and_broker_are_gone_at_once()
    {
        var order = await stage.OrderAsync((await stage.GrantAsync()).Payload.Lineage, OrderState.Issued);
        var tokens = await stage.TokensAsync(order, 3);
        var part = stage.Seal(order, 1, Header + Rows(tokens), 3);
        await stage.UploadAsync(order, part);
        using var transfer = await BeginAsync(order, stage.Seal(order, 2, Header + Rows(tokens), 3));
        // No event, and no answer that would say it: there is only the lease that runs out.
        stage.Neighbours.PermitAnswers = false;
        stage.Neighbours.States[order.Lineage] = LineageStates.Revoked;
        var since = Stopwatch.StartNew();
        try
        {
            await transfer.IsCutAsync();
            Assert.InRange(since.Elapsed, TimeSpan.Zero, AtMost);
            using var closed = await stage.CloseAsync(order, stage.ClosingOf(order, part).Text);
            Assert.Equal((503, ProblemTypes.PermitStateUnknown), await RefusedAsync(order, 3));
            await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
            Assert.False(stage.Neighbours.Manifests.ContainsKey(order.Id));
            // Nothing is deleted for a silence either.
            Assert.True(stage.HasKey(order) && stage.HasFiles(order));
        }
        finally
        {
            stage.Neighbours.PermitAnswers = true;
        }
        order = await stage.OrderAsync(order.Lineage, OrderState.Rejected);
        Assert.Equal(RejectionCodes.PermitRevoked, order.RejectionCode);
        await Eventually.Async(() => !stage.HasKey(order) && !stage.HasFiles(order));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Invariant", "10")]
    [Trait("Requirement", "NOR-10")]
    public async Task Ends_the_order_of_a_source_that_a_newer_version_no_longer_names(bool eventArrives)
    {
        var first = stage.PermitOver();
        var other = first.Payload.Sources[0] with { Source = "other" };
        first = stage.Permit.Sign(first.Payload with { Sources = [first.Payload.Sources[0], other] });
        await stage.HandleAsync(first);
        await Eventually.Async(() => Orders(first.Payload.Lineage) == 2);
        var second = stage.Permit.Sign(first.Payload with { Version = 2, Previous = first.Digest, Sources = [other] });
        var since = Stopwatch.StartNew();
        stage.Neighbours.Permits[first.Payload.Lineage] = second;
        if (eventArrives)
        {
            await stage.HandleAsync(second);
        }
        var dead = Assert.Single(await RejectedAsync(first.Payload.Lineage));
        Assert.InRange(since.Elapsed, TimeSpan.Zero, AtMost);
        Assert.Equal(("cancer", RefusalRow.Says("R67", "order")), (dead.Source, dead.RejectionCode));
        // The other source goes on under the version that its order began with.
        await Task.Delay(TimeSpan.FromSeconds(1.5), TestContext.Current.CancellationToken);
        Assert.Single(await RejectedAsync(first.Payload.Lineage));
    }

    [Fact]
    public async Task Asks_at_once_when_the_event_of_a_revocation_comes()
    {
        var order = await stage.OrderAsync((await stage.GrantAsync()).Payload.Lineage, OrderState.Issued);
        await stage.PermitIsGoodAsync(order.Lineage);
        // The event alone ends nothing: Permit's answer counts, and it says that the permit is in force.
        await RevokedEventAsync(order.Lineage);
        await Task.Delay(TimeSpan.FromSeconds(1.5), TestContext.Current.CancellationToken);
        await stage.OrderAsync(order.Lineage, OrderState.Issued);
        stage.Neighbours.States[order.Lineage] = LineageStates.Revoked;
        await RevokedEventAsync(order.Lineage);
        await stage.OrderAsync(order.Lineage, OrderState.Rejected);
    }

    [Theory]
    [InlineData(SpeStatuses.Suspended)]
    [InlineData(SpeStatuses.Lapsed)]
    [Trait("Invariant", "12")]
    [Trait("Article", "EHDS 73(3)")]
    public async Task Delivers_nothing_to_a_suspended_or_lapsed_SPE_from_that_second_on_and_goes_on_after_approval(string status)
    {
        var order = await stage.OrderAsync((await stage.GrantAsync()).Payload.Lineage, OrderState.Issued);
        var tokens = await stage.TokensAsync(order, 3);
        // In the middle of the push of a part.
        stage.Faults.Hangs = request =>
            request.Method == HttpMethod.Patch && request.RequestUri!.AbsolutePath.Contains("/ingress/", StringComparison.Ordinal);
        await stage.SendAsync(order, stage.Seal(order, 1, Header + Rows(tokens), 3));
        await stage.Faults.Reached.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        stage.Neighbours.SpeStatus = status;
        try
        {
            await stage.SpeIsGoodAsync(false);
            // Whoever held the line lets go of it: the push was cut, and no other begins.
            stage.Faults.Release();
            await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
            Assert.False(stage.Neighbours.Manifests.ContainsKey(order.Id));
            Assert.Equal(0, stage.Neighbours.ReceivedOf(order.Id, 1));
            await stage.OrderAsync(order.Lineage, OrderState.Delivering);
        }
        finally
        {
            stage.Faults.Release();
            stage.Neighbours.SpeStatus = SpeStatuses.Approved;
        }
        await ManifestAsync(order);
        Assert.Equal(4, stage.Opened(order, 1).Count(c => c == '\n'));
    }

    [Fact]
    [Trait("Invariant", "12")]
    [Trait("Article", "EHDS 73(3)")]
    public async Task Pauses_an_upload_while_the_SPE_is_suspended_and_goes_on_where_it_was()
    {
        var order = await stage.OrderAsync((await stage.GrantAsync()).Payload.Lineage, OrderState.Issued);
        var tokens = await stage.TokensAsync(order, 3);
        var part = stage.Seal(order, 1, Header + Rows(tokens), 3);
        using (var transfer = await BeginAsync(order, part))
        {
            stage.Neighbours.SpeStatus = SpeStatuses.Suspended;
            try
            {
                await transfer.IsCutAsync();
                Assert.Equal((503, ProblemTypes.EnvironmentNotApproved), await RefusedAsync(order, 2));
                Assert.True(stage.HasKey(order) && stage.HasFiles(order));
            }
            finally
            {
                stage.Neighbours.SpeStatus = SpeStatuses.Approved;
            }
        }
        await stage.SpeIsGoodAsync(true);
        await stage.SendAsync(order, part);
        await ManifestAsync(order);
        Assert.Equal(4, stage.Opened(order, 1).Count(c => c == '\n'));
    }

    [Fact]
    [Trait("Article", "EHDS 60(2)")]
    public async Task Says_once_that_a_holder_is_late_and_takes_what_comes_late()
    {
        var order = await stage.OrderAsync((await stage.GrantAsync()).Payload.Lineage, OrderState.Issued);
        Assert.False(await IsShownOverdueAsync(order));
        await using (var connection = new NpgsqlConnection(stage.Database))
        {
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var late = new NpgsqlCommand("UPDATE gateway.orders SET due = now() - interval '1 hour' WHERE id = $1", connection);
            late.Parameters.AddWithValue(order.Id);
            await late.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
        await EventuallyAsync(async () => (await OverdueEventsAsync(order)).Count == 1);
        Assert.True(await IsShownOverdueAsync(order));
        await Task.Delay(TimeSpan.FromSeconds(2.5), TestContext.Current.CancellationToken);
        Assert.Single(await OverdueEventsAsync(order));
        order = await stage.OrderAsync(order.Lineage, OrderState.Issued);
        await stage.SendAsync(order);
        await stage.OrderAsync(order.Lineage, OrderState.Delivering);
        Assert.False(await IsShownOverdueAsync(order));
    }

    private static string Rows(IEnumerable<string> tokens) =>
        string.Concat(tokens.Select(token => string.Join(Separator, token, "II", "40", "2019-03-04") + "\n"));

    private async Task<(int, string)> RefusedAsync(Order order, int part)
    {
        using var create = Transfer.Creation($"/v1/orders/{order.Id}/parts", stage.Seal(order, part, Header, 0).Seal.Text);
        using var response = await stage.AsHolder().SendAsync(create, TestContext.Current.CancellationToken);
        var problem = await ProtocolProblem.ReadAsync(response, TestContext.Current.CancellationToken);
        return (problem.Status, problem.Type);
    }

    private async Task<(string?, string?)> ShownAsync(Order order)
    {
        var shown = await OrderShownAsync(order);
        return (shown.GetProperty("state").GetString(), shown.GetProperty("rejection").GetProperty("code").GetString());
    }

    private async Task<bool> IsShownOverdueAsync(Order order) => (await OrderShownAsync(order)).GetProperty("overdue").GetBoolean();

    private async Task<JsonElement> OrderShownAsync(Order order) =>
        JsonDocument
            .Parse(await stage.AsHolder().GetStringAsync("/v1/orders", TestContext.Current.CancellationToken))
            .RootElement.EnumerateArray()
            .Single(shown => shown.GetProperty("id").GetString() == order.Id);

    private async Task<List<OutboxMessage>> OverdueEventsAsync(Order order) =>
        [.. (await stage.EventsAsync(order)).Where(message => message.Contract == "gateway.order-overdue")];

    private int Orders(string lineage)
    {
        using var scope = stage.Gateway.Services.CreateScope();
        return scope
            .ServiceProvider.GetRequiredService<HealthDataNode.Gateway.Persistence.GatewayDb>()
            .Orders.Count(order => order.Lineage == lineage && order.State == OrderState.Issued);
    }

    private async Task<List<Order>> RejectedAsync(string lineage)
    {
        List<Order> dead = [];
        await Eventually.Async(() =>
        {
            using var scope = stage.Gateway.Services.CreateScope();
            dead =
            [
                .. scope
                    .ServiceProvider.GetRequiredService<HealthDataNode.Gateway.Persistence.GatewayDb>()
                    .Orders.Where(order => order.Lineage == lineage && order.State == OrderState.Rejected),
            ];
            return dead.Count > 0;
        });
        return dead;
    }

    private async Task RevokedEventAsync(string lineage)
    {
        await using var scope = stage.Gateway.Services.CreateAsyncScope();
        await scope
            .ServiceProvider.GetRequiredService<PermitRevokedHandler>()
            .HandleAsync(
                new PermitRevoked(lineage, 1, "sub-decider", DateTimeOffset.UtcNow),
                new ReceivedEvent(Guid.NewGuid(), "permit.permit-revoked", "permit", 2, DateTimeOffset.UtcNow, null, "{}"),
                CancellationToken.None
            );
    }

    private Task<Transfer> BeginAsync(Order order, SealedPart part) =>
        Transfer.BeginAsync(stage.AsHolder(), $"/v1/orders/{order.Id}/parts", part.File, part.Seal.Text);

    private async Task ManifestAsync(Order order) => await Eventually.Async(() => stage.Neighbours.Manifests.ContainsKey(order.Id));

    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        for (var deadline = Stopwatch.StartNew(); !await condition(); await Task.Delay(50))
        {
            Assert.True(deadline.Elapsed < TimeSpan.FromSeconds(20), "It did not happen in 20 s.");
        }
    }
}
