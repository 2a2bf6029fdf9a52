using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Leases;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Services.Tests.Gateway;
using HealthDataNode.Services.Tests.Permit;
using Microsoft.Extensions.DependencyInjection;

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
    public async Task Takes_an_order_under_an_older_version_while_the_newest_one_names_its_source()
    {
        var first = world.Grant();
        var second = world.Amend(first, permit => permit);
        world.Permits.Permits[first.Payload.Lineage] = second;
        await world.OpenAsync(second, "death");
        // It was ordered before the amendment, and Gateway comes with it after the other.
        var late = await world.OpenAsync(first);
        Assert.Single(await late.TokeniseAsync(1, PseudonymisationWorld.People(1)));
        // The head stays: no other version comes after the first.
        using var ended = await late.EndAsync("rejected");
        using var forked = await world.OrderOf(world.Amend(first, permit => permit with { Purpose = "another" })).RegisterAsync();
        Assert.Equal((422, "document-refused"), await forked.ProblemAsync());
        using var next = await world.OrderOf(world.Amend(second, permit => permit)).RegisterAsync();
        Assert.Equal(204, (int)next.StatusCode);
    }

    [Fact]
    public async Task Refuses_an_order_under_an_older_version_of_another_applicant_or_of_a_source_that_left()
    {
        var first = world.Grant();
        var second = world.Amend(first, permit => permit);
        var third = world.Amend(second, permit => permit with { Sources = [.. permit.Sources.Where(source => source.Source == "death")] });
        world.Permits.Permits[first.Payload.Lineage] = third;
        await world.OpenAsync(third, "death");
        var another = world.Amend(first, permit => permit with { Applicant = new PermitApplicant("sub-ivar", "999000301") });
        using var stolen = await world.OrderOf(another).RegisterAsync();
        Assert.Equal((422, "document-refused"), await stolen.ProblemAsync());
        using var left = await world.OrderOf(first).RegisterAsync();
        Assert.Equal((409, "permit-not-in-force"), await left.ProblemAsync());
        world.Permits.States[first.Payload.Lineage] = LineageStates.Revoked;
        await world.LeaseIsAsync(first.Payload.Lineage, LeaseStanding.Ended);
        using var revoked = await world.OrderOf(second, "death").RegisterAsync();
        Assert.Equal((409, "permit-not-in-force"), await revoked.ProblemAsync());
    }

    [Fact]
    public async Task Goes_on_with_an_order_when_the_key_that_signed_its_permit_has_ended()
    {
        var statements = world.Trust.Settings["Trust:Statements"];
        var before = await File.ReadAllTextAsync(statements, TestContext.Current.CancellationToken);
        using var key = SigningKey.Create();
        world.Trust.State(KeyRequests.ForSigning(key, "permit", KeyUses.Permit, 2));
        var permit = new DocumentSigner(key, "permit", KeyUses.Permit, 2).Sign(world.Grant().Payload);
        var order = await world.OpenAsync(permit);
        // Everything that the node verified stands; the key is in force no longer.
        await File.WriteAllTextAsync(statements, before, TestContext.Current.CancellationToken);
        var trust = world.Host.Services.GetRequiredService<TrustStore>();
        await Eventually.Async(() => Record.Exception(() => trust.Verify<PermitDocument>(permit.Text)) is DocumentRefusedException);
        using var late = await world.OrderOf(permit, "death").RegisterAsync();
        Assert.Equal((422, "document-refused"), await late.ProblemAsync());
        var token = Assert.Single(await order.TokeniseAsync(1, PseudonymisationWorld.People(1)));
        using var done = await order.HolderIsDoneAsync();
        await order.PseudonymsAsync(1, [token.Value]);
        using var aliases = await world.AliasesAsync(order.Lineage, 0);
        Assert.Equal(204, (int)aliases.StatusCode);
        using var delivery = await order.DeliveryKeyAsync(world.SpeKeyDocument);
        Assert.Equal(200, (int)delivery.StatusCode);
        world.Permits.States[order.Lineage] = LineageStates.Revoked;
        await world.LeaseIsAsync(order.Lineage, LeaseStanding.Ended);
        using var proved = await world.ProveAsync(order.Lineage, world.ProofOf(order.Lineage));
        Assert.Equal(204, (int)proved.StatusCode);
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
        using var key = await order.DeliveryKeyAsync(world.SpeKeyDocument);
        Assert.Equal(200, (int)key.StatusCode);
        using var more = await order.RekeyAsync(2, [new string('f', 32)]);
        Assert.Equal((409, "order-closed"), await more.ProblemAsync());
        using var ended = await order.EndAsync("delivered");
        Assert.True((bool)(await ended.JsonAsync())["tokensAgree"]!);
        Assert.True(await AgreedAsync(order));
    }

    [Fact]
    public async Task Gives_the_SPE_no_key_and_raises_an_alarm_where_a_token_did_not_come_back()
    {
        var order = await world.OpenAsync();
        var answers = await order.TokeniseAsync(1, PseudonymisationWorld.People(2));
        using var done = await order.HolderIsDoneAsync();
        await order.PseudonymsAsync(1, [answers[0].Value]);
        for (var i = 0; i < 2; i++)
        {
            using var key = await order.DeliveryKeyAsync(world.SpeKeyDocument);
            Assert.Equal((409, "agreement-failed"), await key.ProblemAsync());
        }
        foreach (var outcome in new[] { "delivered", "rejected" })
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
        using var opening = await order.DeliveryKeyAsync(world.SpeKeyDocument);
        Assert.Equal((409, "not-closed"), await opening.ProblemAsync());
        using var done = await order.HolderIsDoneAsync();
        using var unopened = await order.EndAsync("delivered");
        Assert.Equal((409, "not-closed"), await unopened.ProblemAsync());
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
