using HealthDataNode.Protocol.Documents;
using HealthDataNode.Services.Tests.Permit;

namespace HealthDataNode.Services.Tests.Pseudonymisation;

public sealed class Beginning_and_ending_an_order(PseudonymisationFixture fixture) : IClassFixture<PseudonymisationFixture>
{
    private readonly PseudonymisationWorld world = fixture.World;

    [Fact]
    public async Task Takes_two_orders_of_one_permit_at_the_same_moment()
    {
        for (var i = 0; i < 10; i++)
        {
            var permit = world.Grant();
            var orders = new[] { world.OrderOf(permit), world.OrderOf(permit, "death") };
            var answers = await Task.WhenAll(orders.Concat(orders).Select(order => order.RegisterAsync()));
            Assert.All(answers, answer => Assert.Equal(204, (int)answer.StatusCode));
        }
    }

    [Fact]
    public async Task Takes_the_same_order_again()
    {
        var order = await world.OpenAsync();
        using var again = await order.RegisterAsync();
        Assert.Equal(204, (int)again.StatusCode);
    }

    [Fact]
    public async Task Keeps_one_order_open_for_a_permit_and_source()
    {
        var first = await world.OpenAsync();
        var second = world.OrderOf(first.Permit);
        using var refused = await second.RegisterAsync();
        Assert.Equal((409, "part-conflict"), await refused.ProblemAsync());
        using var ended = await first.EndAsync("rejected");
        using var taken = await second.RegisterAsync();
        Assert.Equal(204, (int)taken.StatusCode);
    }

    [Fact]
    [Trait("Invariant", "13")]
    public async Task Refuses_an_order_that_Gateway_did_not_sign()
    {
        using var byHolder = await world.OrderOf(world.Grant(), by: world.Cancer.Signer).RegisterAsync();
        Assert.Equal((422, "document-refused"), await byHolder.ProblemAsync());
        var order = world.OrderOf(world.Grant());
        using var ofAnotherPermit = await (order with { Permit = world.Grant() }).RegisterAsync();
        Assert.Equal((422, "document-refused"), await ofAnotherPermit.ProblemAsync());
        using var byAnother = await order.RegisterAsync(world.Cancer.At(world.Host));
        Assert.Equal((403, "forbidden"), await byAnother.ProblemAsync());
        Assert.False(world.HasKey(order.Lineage));
    }

    [Fact]
    public async Task Refuses_a_closing_document_of_another_holder_or_order()
    {
        var order = await world.OpenAsync();
        using var another = await order.HolderIsDoneAsync(world.Death.Signer);
        using var elsewhere = await order.HolderIsDoneAsync(order: new string('a', 64));
        Assert.Equal((422, "document-refused"), await another.ProblemAsync());
        Assert.Equal((422, "document-refused"), await elsewhere.ProblemAsync());
        await order.TokeniseAsync(1, PseudonymisationWorld.People(1));
    }

    [Fact]
    public async Task Agrees_where_every_token_came_back()
    {
        var order = await world.OpenAsync();
        var people = PseudonymisationWorld.People(4);
        var first = await order.TokeniseAsync(1, people[..2]);
        var second = await order.TokeniseAsync(2, people[2], PseudonymisationWorld.Spoilt(people[3]));
        using var done = await order.HolderIsDoneAsync();
        await order.PseudonymsAsync(1, [.. first.Select(answer => answer.Value), second[0].Value]);
        using var ended = await order.EndAsync("delivered");
        Assert.True((bool)(await ended.JsonAsync())["tokensAgree"]!);
        Assert.True(await AgreedAsync(order));
    }

    [Fact]
    [Trait("Article", "EHDS 71(3)")]
    public async Task Raises_an_alarm_where_a_token_did_not_come_back()
    {
        var order = await world.OpenAsync();
        var answers = await order.TokeniseAsync(1, PseudonymisationWorld.People(2));
        using var done = await order.HolderIsDoneAsync();
        await order.PseudonymsAsync(1, [answers[0].Value]);
        foreach (var outcome in new[] { "delivered", "delivered", "rejected" })
        {
            using var ended = await order.EndAsync(outcome);
            Assert.Equal((409, "agreement-failed"), await ended.ProblemAsync());
        }
        Assert.False(await AgreedAsync(order));
    }

    [Fact]
    public async Task Delivers_nothing_before_the_closing_document_and_nothing_that_was_rejected()
    {
        var order = await world.OpenAsync();
        using var early = await order.EndAsync("delivered");
        Assert.Equal((409, "not-closed"), await early.ProblemAsync());
        using var rejected = await order.EndAsync("rejected");
        Assert.Equal(200, (int)rejected.StatusCode);
        using var late = await order.EndAsync("delivered");
        Assert.Equal((409, "order-closed"), await late.ProblemAsync());
        using var unknown = await order.EndAsync("forgotten");
        Assert.Equal((400, "invalid-request"), await unknown.ProblemAsync());
    }

    [Fact]
    public async Task Answers_nothing_and_makes_no_key_again_for_a_lineage_that_was_shredded()
    {
        var order = await world.OpenAsync();
        var sent = order.Seal(1, PseudonymisationWorld.People(1));
        using var first = await order.SendAsync(1, sent);
        Assert.True(world.HasKey(order.Lineage));
        for (var i = 0; i < 2; i++)
        {
            using var shredded = await ShredAsync(world.AsPermit, order.Lineage);
            Assert.Equal(204, (int)shredded.StatusCode);
            Assert.False(world.HasKey(order.Lineage));
        }
        using var again = await order.SendAsync(1, sent);
        using var next = await world.OrderOf(order.Permit, "death").RegisterAsync();
        Assert.Equal((409, "permit-not-in-force"), await again.ProblemAsync());
        Assert.Equal((409, "permit-not-in-force"), await next.ProblemAsync());
        Assert.False(world.HasKey(order.Lineage));
        var events = await Outbox.EventsAsync(world.Database, "pseudonymisation.key-shredded");
        Assert.Single(events, one => (string)one["lineage"]! == order.Lineage);
    }

    [Fact]
    public async Task Makes_no_key_beside_a_shredding()
    {
        for (var i = 0; i < 10; i++)
        {
            var order = await world.OpenAsync();
            var next = world.OrderOf(order.Permit, "death");
            var answers = await Task.WhenAll(ShredAsync(world.AsPermit, order.Lineage), next.RegisterAsync());
            Assert.Equal(204, (int)answers[0].StatusCode);
            Assert.False(world.HasKey(order.Lineage));
        }
    }

    [Fact]
    public async Task Lets_Permit_alone_shred()
    {
        var order = await world.OpenAsync();
        using var refused = await ShredAsync(world.AsGateway, order.Lineage);
        using var unknown = await ShredAsync(world.AsPermit, "nothing");
        Assert.Equal((403, "forbidden"), await refused.ProblemAsync());
        Assert.Equal((404, "not-found"), await unknown.ProblemAsync());
        Assert.True(world.HasKey(order.Lineage));
    }

    private async Task<bool?> AgreedAsync(TestOrder order)
    {
        var events = await Outbox.EventsAsync(world.Database, "pseudonymisation.order-closed");
        return (bool?)Assert.Single(events, one => (string)one["order"]! == order.Digest)["tokensAgree"];
    }

    private static Task<HttpResponseMessage> ShredAsync(HttpClient by, string lineage) =>
        by.PostAsync($"/v1/lineages/{lineage}/shredding", null, TestContext.Current.CancellationToken);
}
