using System.Net;
using HealthDataNode.Gateway.Domain;

namespace HealthDataNode.Services.Tests.Gateway;

/// <summary>
/// The gateway is stopped in the middle of a step and started again on the same state: nothing is lost, nothing is
/// doubled, and a part that was half made is made again.
/// </summary>
public sealed class Surviving_a_fault(PostgresFixture postgres)
{
    private const string S = "\u001f";
    private const string Header = $"token{S}stage{S}age{S}diagnosed\n";

    [Fact]
    public async Task Goes_on_with_the_same_order_after_a_stop_before_it_was_known_to_Pseudonymisation()
    {
        await using var stage = await Stage.StartAsync(postgres);
        stage.Faults.Hangs = request => request.Method == HttpMethod.Put;
        var permit = await stage.GrantAsync();
        await stage.Faults.Reached;
        var signed = await stage.OrderAsync(permit.Payload.Lineage, OrderState.Issuing);
        await RestartAsync(stage);
        var issued = await stage.OrderAsync(permit.Payload.Lineage, OrderState.Issued);
        Assert.Equal(signed.Digest, issued.Digest);
        Assert.Single(await stage.EventsAsync(issued));
    }

    [Theory]
    [InlineData("/rekey/3", 1)]
    [InlineData("/delivery-key", 0)]
    [InlineData("/closing", 0)]
    [InlineData("/manifest", 0)]
    [InlineData("ingress/v1/orders", 0)]
    [InlineData("/close", 0)]
    public async Task Delivers_every_row_once_after_a_stop_at_any_call(string call, int repeated)
    {
        await using var stage = await Stage.StartAsync(postgres);
        var permit = await stage.GrantAsync();
        var order = await stage.OrderAsync(permit.Payload.Lineage, OrderState.Issued);
        var tokens = await stage.TokensAsync(order, 90);
        // Each part is one re-key batch: the third is cut off in the third part.
        string Rows(string[] part) =>
            Header
            + string.Concat(part.Select((token, i) => string.Join("", Enumerable.Range(0, 3).Select(n => $"{token}{S}{n}{S}{i}{S}\n"))));
        SealedPart[] parts =
        [
            stage.Seal(order, 1, Rows(tokens[..30]), 90),
            stage.Seal(order, 2, Rows(tokens[30..60]), 90),
            stage.Seal(order, 3, Rows(tokens[60..]), 90),
        ];
        stage.Faults.Hangs = request => request.RequestUri!.AbsolutePath.Contains(call, StringComparison.Ordinal);
        await stage.SendAsync(order, parts);
        if (call == "/close")
        {
            order = await stage.OrderAsync(order.Lineage, OrderState.Delivering);
            using var first = await stage.AcknowledgeAsync(order, stage.ReceiptOf(order, 270, 90).Text);
        }
        await stage.Faults.Reached.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await RestartAsync(stage);
        await Eventually.Async(() => stage.Neighbours.Manifests.ContainsKey(order.Id));
        order = await stage.OrderAsync(order.Lineage, OrderState.Delivering, OrderState.Delivered);
        using var taken = await stage.AcknowledgeAsync(
            order,
            (order.Receipt is { } receipt ? receipt : stage.ReceiptOf(order, 270, 90).Text)
        );
        Assert.Equal(HttpStatusCode.NoContent, taken.StatusCode);
        order = await stage.OrderAsync(order.Lineage, OrderState.Delivered);
        Assert.Equal(repeated, order.PartsRepeated);
        var opened = string.Concat(Enumerable.Range(1, 3).Select(part => stage.Opened(order, part)));
        var lines = opened.Split('\n').Where(line => line.Length > 0 && !line.StartsWith("pseudonym", StringComparison.Ordinal)).ToArray();
        Assert.Equal(270, lines.Length);
        Assert.Equal(90, lines.Select(line => line[..32]).Distinct().Count());
        Assert.Equal(3, (await stage.EventsAsync(order)).Count);
    }

    [Fact]
    public async Task Waits_out_a_line_that_is_cut()
    {
        await using var stage = await Stage.StartAsync(postgres);
        var failures = 0;
        stage.Faults.Fails = request =>
            request.RequestUri!.AbsolutePath.Contains("/rekey/", StringComparison.Ordinal) && Interlocked.Increment(ref failures) <= 2;
        var permit = await stage.GrantAsync();
        var order = await stage.OrderAsync(permit.Payload.Lineage, OrderState.Issued);
        var tokens = await stage.TokensAsync(order, 3);
        await stage.SendAsync(order, stage.Seal(order, 1, Header + string.Concat(tokens.Select(token => $"{token}{S}{S}{S}\n")), 3));
        order = await stage.OrderAsync(order.Lineage, OrderState.Delivering);
        Assert.Equal(2, order.PartsRepeated);
    }

    private static async Task RestartAsync(Stage stage)
    {
        // Stopping cuts the step off where it hangs, as a kill would; the new process sees only what was committed.
        await stage.StopGatewayAsync();
        stage.Faults.Release();
        await stage.StartGatewayAsync();
    }
}
