using System.Text.Json.Nodes;
using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Leases;
using HealthDataNode.Protocol.Records;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.Services.Tests.Permit;

namespace HealthDataNode.Services.Tests.Pseudonymisation;

public sealed class Asking_for_person_tokens(PseudonymisationFixture fixture) : IClassFixture<PseudonymisationFixture>
{
    private readonly PseudonymisationWorld world = fixture.World;

    [Fact]
    public async Task Gives_each_person_a_token_of_its_own_by_position()
    {
        var order = await world.OpenAsync();
        var answers = await order.TokeniseAsync(1, PseudonymisationWorld.People(40));
        Assert.All(answers, answer => Assert.Equal(AnswerCode.Issued, answer.Code));
        Assert.Equal(40, answers.Select(answer => answer.Value).Distinct().Count());
        Assert.NotEqual(answers.Select(answer => answer.Value).Order(StringComparer.Ordinal), answers.Select(answer => answer.Value));
        var events = await Outbox.EventsAsync(world.Database, "pseudonymisation.identifiers-tokenised");
        Assert.Single(events, one => (string)one["order"]! == order.Digest);
    }

    [Fact]
    public async Task Answers_the_same_part_again_and_seals_it_anew()
    {
        var order = await world.OpenAsync();
        var sent = order.Seal(1, PseudonymisationWorld.People(5));
        using var first = await order.SendAsync(1, sent);
        using var second = await order.SendAsync(1, sent);
        Assert.Equal(await order.OpenAsync(sent, first), await order.OpenAsync(sent, second));
        Assert.NotEqual(
            await first.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken),
            await second.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)
        );
        Assert.Equal(5, await UsedAsync(order));
    }

    [Fact]
    public async Task Gives_other_tokens_for_another_order()
    {
        var permit = world.Grant();
        var cancer = await world.OpenAsync(permit);
        var death = await world.OpenAsync(permit, "death");
        var people = PseudonymisationWorld.People(3);
        Assert.Empty((await cancer.TokeniseAsync(1, people)).Intersect(await death.TokeniseAsync(1, people)));
    }

    [Fact]
    public async Task Reports_invalid_identifiers_by_position()
    {
        var order = await world.OpenAsync();
        var people = PseudonymisationWorld.People(3);
        var answers = await order.TokeniseAsync(1, people[0], PseudonymisationWorld.Spoilt(people[1]), people[2]);
        Assert.Equal([AnswerCode.Issued, AnswerCode.Invalid, AnswerCode.Issued], answers.Select(answer => answer.Code));
        Assert.Equal(new string('0', 32), answers[1].Value);
    }

    [Fact]
    public async Task Takes_an_empty_part() => Assert.Empty(await (await world.OpenAsync()).TokeniseAsync(1));

    [Fact]
    public async Task Ends_at_the_permits_budget_with_an_alarm_and_changes_nothing()
    {
        var order = await world.OpenAsync(budget: 4);
        var people = PseudonymisationWorld.People(5);
        await order.TokeniseAsync(1, people[..3]);
        using var over = await order.SendAsync(2, order.Seal(2, people[3..]));
        Assert.Equal(RefusalRow.Call("R13"), await over.ProblemAsync());
        using var again = await order.SendAsync(2, order.Seal(2, people[3..]));
        Assert.Equal(RefusalRow.Call("R13"), await again.ProblemAsync());
        Assert.Equal(3, await UsedAsync(order));
        var alarms = await Outbox.EventsAsync(world.Database, "pseudonymisation.budget-exceeded");
        Assert.Equal(order.Holder.Party, (string)Assert.Single(alarms, one => (string)one["order"]! == order.Digest)["holder"]!);
        await order.TokeniseAsync(2, people[3]);
    }

    [Fact]
    public async Task Refuses_an_identifier_that_stands_twice()
    {
        var order = await world.OpenAsync();
        var people = PseudonymisationWorld.People(3);
        await RefusedAtAsync(RefusalRow.Call("R15"), order, 1, 2, people[0], people[1], people[1]);
    }

    [Fact]
    public async Task Refuses_identifiers_out_of_order()
    {
        var order = await world.OpenAsync();
        var people = PseudonymisationWorld.People(3);
        await RefusedAtAsync(RefusalRow.Call("R16"), order, 1, 1, people[1], people[0]);
    }

    [Fact]
    public async Task Refuses_identifiers_that_do_not_ascend_over_the_parts()
    {
        var order = await world.OpenAsync();
        var people = PseudonymisationWorld.People(3);
        await order.TokeniseAsync(1, people[1]);
        await RefusedAtAsync((422, "not-ascending"), order, 2, 0, people[0]);
        await RefusedAtAsync((422, "not-ascending"), order, 2, 0, people[1]);
        await order.TokeniseAsync(2, people[2]);
    }

    [Fact]
    public async Task Refuses_a_part_before_its_turn()
    {
        var order = await world.OpenAsync();
        using var early = await order.SendAsync(2, order.Seal(2, PseudonymisationWorld.People(1)));
        Assert.Equal((409, "not-ascending"), await early.ProblemAsync());
    }

    [Fact]
    public async Task Refuses_the_same_part_with_other_bytes()
    {
        var order = await world.OpenAsync();
        var people = PseudonymisationWorld.People(2);
        await order.TokeniseAsync(1, people);
        // The same identifiers, sealed once more: a retry sends the same sealed bytes.
        using var other = await order.SendAsync(1, order.Seal(1, people));
        Assert.Equal((409, "part-conflict"), await other.ProblemAsync());
    }

    [Theory]
    [InlineData("12345", 1)]
    [InlineData("1234567890a", 1)]
    public async Task Refuses_records_of_another_form(string text, int rows)
    {
        var order = await world.OpenAsync();
        using var refused = await order.SendAsync(1, order.SealText(1, text, rows));
        Assert.Equal((422, "records-malformed"), await refused.ProblemAsync());
        Assert.Equal(0, await UsedAsync(order));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Refuses_another_number_of_records_than_the_seal_says(int rows)
    {
        var order = await world.OpenAsync();
        using var refused = await order.SendAsync(1, order.SealText(1, string.Concat(PseudonymisationWorld.People(2)), rows));
        Assert.Equal((422, "records-malformed"), await refused.ProblemAsync());
    }

    [Theory]
    [InlineData("by somebody else", "SealSender")]
    [InlineData("for another order", "SealOrder")]
    [InlineData("for another recipient, of another type", "SealType")]
    [InlineData("for another part", "SealPart")]
    [InlineData("not at all", "Malformed")]
    public async Task Refuses_a_part_that_is_sealed(string how, string refusal)
    {
        var order = await world.OpenAsync();
        var (file, _) = order.Seal(1, PseudonymisationWorld.People(2));
        var bytes = SealedBytes.Of(file);
        var own = new SealBuilder(order.Holder.Signer);
        string Build(SealBuilder by, string type = SealTypes.Identifiers, string? digest = null, int part = 1) =>
            by.Build(type, type == SealTypes.Rows ? "gateway" : "pseudonymisation", digest ?? order.Digest, part, 2, bytes).Text;
        var seal = how switch
        {
            "by somebody else" => Build(new SealBuilder(world.Death.Signer)),
            "for another order" => Build(own, digest: new string('a', 64)),
            "for another recipient, of another type" => Build(own, SealTypes.Rows),
            "for another part" => Build(own, part: 2),
            _ => "",
        };
        using var refused = await order.SendAsync(1, file, seal);
        Assert.Equal(refusal, await RefusalAsync(refused));
        Assert.Equal(0, await UsedAsync(order));
    }

    [Fact]
    public async Task Refuses_a_file_that_was_cut()
    {
        var order = await world.OpenAsync();
        var (file, seal) = order.Seal(1, PseudonymisationWorld.People(2));
        using var refused = await order.SendAsync(1, file[..^1], seal.Text);
        Assert.Equal("SealLength", await RefusalAsync(refused));
    }

    [Fact]
    public async Task Refuses_a_file_that_was_changed()
    {
        var order = await world.OpenAsync();
        var (file, seal) = order.Seal(1, PseudonymisationWorld.People(2));
        using var refused = await order.SendAsync(1, [.. file[..^1], (byte)(file[^1] ^ 1)], seal.Text);
        Assert.Equal("SealSha256", await RefusalAsync(refused));
    }

    [Fact]
    public async Task Refuses_a_file_that_is_sealed_to_another_key()
    {
        var order = await world.OpenAsync();
        using var another = EncryptionKey.Generate();
        var file = Crypt4GhFile.Seal("81810012345"u8, another.PublicKey);
        var seal = new SealBuilder(order.Holder.Signer).Build(
            SealTypes.Identifiers,
            "pseudonymisation",
            order.Digest,
            1,
            1,
            SealedBytes.Of(file)
        );
        using var refused = await order.SendAsync(1, file, seal.Text);
        Assert.Equal((422, "records-malformed"), await refused.ProblemAsync());
    }

    [Fact]
    public async Task Finds_no_order_of_another_holder()
    {
        var order = await world.OpenAsync();
        var sent = order.Seal(1, PseudonymisationWorld.People(1));
        using var tokens = await order.SendAsync(1, sent, world.Death.At(world.Host));
        using var state = await order.ReadAsync(world.Death.At(world.Host));
        Assert.Equal(RefusalRow.Call("R14"), await tokens.ProblemAsync());
        Assert.Equal(RefusalRow.Call("R14"), await state.ProblemAsync());
    }

    [Theory]
    [InlineData("data-holder")]
    [InlineData("rekey")]
    public async Task Needs_the_role(string role)
    {
        var order = await world.OpenAsync();
        var client = world.Host.As("service-account-cancerregistry", [role], party: "cancerregistry");
        using var refused = await order.SendAsync(1, order.Seal(1, PseudonymisationWorld.People(1)), client);
        Assert.Equal((403, "forbidden"), await refused.ProblemAsync());
    }

    [Fact]
    public async Task Needs_a_token()
    {
        var order = await world.OpenAsync();
        using var refused = await order.SendAsync(1, order.Seal(1, PseudonymisationWorld.People(1)), world.Host.Anonymous);
        Assert.Equal(401, (int)refused.StatusCode);
    }

    [Fact]
    [Trait("Invariant", "10")]
    public async Task Ends_when_the_permit_is_revoked()
    {
        var order = await world.OpenAsync();
        var people = PseudonymisationWorld.People(2);
        await order.TokeniseAsync(1, people[0]);
        world.Permits.States[order.Lineage] = LineageStates.Revoked;
        await world.LeaseIsAsync(order.Lineage, LeaseStanding.Ended);
        using var refused = await order.SendAsync(2, order.Seal(2, people[1]));
        Assert.Equal((409, "permit-not-in-force"), await refused.ProblemAsync());
    }

    [Fact]
    [Trait("Invariant", "10")]
    public async Task Waits_while_Permit_is_away()
    {
        var order = await world.OpenAsync();
        var sent = order.Seal(1, PseudonymisationWorld.People(1));
        world.Permits.PermitAnswers = false;
        try
        {
            await world.LeaseIsAsync(order.Lineage, LeaseStanding.Paused);
            using var refused = await order.SendAsync(1, sent);
            Assert.Equal((503, "permit-state-unknown"), await refused.ProblemAsync());
        }
        finally
        {
            world.Permits.PermitAnswers = true;
        }
        using var taken = await order.SendAsync(1, sent);
        Assert.Single(await order.OpenAsync(sent, taken));
    }

    [Fact]
    public async Task Believes_no_answer_of_Permit_to_somebody_else()
    {
        var order = await world.OpenAsync();
        world.Permits.AnswersTo = "gateway";
        try
        {
            await world.LeaseIsAsync(order.Lineage, LeaseStanding.Paused);
            using var refused = await order.SendAsync(1, order.Seal(1, PseudonymisationWorld.People(1)));
            Assert.Equal((503, "permit-state-unknown"), await refused.ProblemAsync());
        }
        finally
        {
            world.Permits.AnswersTo = null;
        }
    }

    [Fact]
    public async Task Ends_with_the_holders_closing_document()
    {
        var order = await world.OpenAsync();
        var people = PseudonymisationWorld.People(2);
        var sent = order.Seal(1, people[0]);
        using var first = await order.SendAsync(1, sent);
        using var done = await order.HolderIsDoneAsync();
        Assert.Equal(204, (int)done.StatusCode);
        using var more = await order.SendAsync(2, order.Seal(2, people[1]));
        Assert.Equal((409, "order-closed"), await more.ProblemAsync());
        // A holder that lost the answer may still ask for it.
        using var again = await order.SendAsync(1, sent);
        Assert.Equal(await order.OpenAsync(sent, first), await order.OpenAsync(sent, again));
    }

    private async Task<long> UsedAsync(TestOrder order)
    {
        using var response = await order.ReadAsync(order.Holder.At(world.Host));
        return (long)(await response.JsonAsync())["used"]!;
    }

    private static async Task RefusedAtAsync(
        (int Status, string Type) problem,
        TestOrder order,
        int part,
        int record,
        params string[] identifiers
    )
    {
        using var refused = await order.SendAsync(part, order.Seal(part, identifiers));
        Assert.Equal(problem, await refused.ProblemAsync());
        Assert.Equal(record, (int)JsonNode.Parse(await refused.TextAsync())!["record"]!);
    }

    private static async Task<string> RefusalAsync(HttpResponseMessage response)
    {
        Assert.Equal(422, (await response.ProblemAsync()).Status);
        return (string)JsonNode.Parse(await response.TextAsync())!["refusal"]!;
    }
}
