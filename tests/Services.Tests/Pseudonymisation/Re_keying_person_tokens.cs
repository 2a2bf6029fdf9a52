using System.Text.Json.Nodes;
using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Leases;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Services.Tests.Permit;

namespace HealthDataNode.Services.Tests.Pseudonymisation;

public sealed class Re_keying_person_tokens(PseudonymisationFixture fixture) : IClassFixture<PseudonymisationFixture>
{
    private readonly PseudonymisationWorld world = fixture.World;

    [Fact]
    [Trait("Requirement", "PSE-020")]
    [Trait("Requirement", "PSE-028")]
    public async Task Makes_one_pseudonym_of_a_person_in_a_permit_and_another_in_the_next()
    {
        var people = PseudonymisationWorld.People(20);
        var permit = world.Grant();
        var cancer = await PermitPseudonymsAsync(await world.OpenAsync(permit), people);
        var death = await PermitPseudonymsAsync(await world.OpenAsync(permit, "death"), people[10..]);
        var elsewhere = await PermitPseudonymsAsync(await world.OpenAsync(world.Grant()), people);
        Assert.Equal(20, cancer.Distinct().Count());
        Assert.Equal(cancer[10..], death);
        Assert.Empty(cancer.Intersect(elsewhere));
    }

    [Fact]
    public async Task Answers_the_same_batch_again()
    {
        var (order, tokens) = await ReadyAsync(6);
        var first = await order.PseudonymsAsync(1, tokens[..4]);
        await order.PseudonymsAsync(2, tokens[4..]);
        Assert.Equal(first, await order.PseudonymsAsync(1, tokens[..4]));
    }

    [Fact]
    public async Task Refuses_the_same_batch_with_other_bytes()
    {
        var (order, tokens) = await ReadyAsync(3);
        await order.PseudonymsAsync(1, tokens[..2]);
        using var other = await order.RekeyAsync(1, tokens[..1]);
        Assert.Equal((409, "part-conflict"), await other.ProblemAsync());
    }

    [Fact]
    public async Task Refuses_tokens_that_do_not_ascend_in_a_batch_or_over_the_batches()
    {
        var (order, tokens) = await ReadyAsync(4);
        using var within = await order.RekeyAsync(1, [tokens[1], tokens[0]]);
        Assert.Equal((422, "not-ascending"), await within.ProblemAsync());
        await order.PseudonymsAsync(1, tokens[1..3]);
        foreach (var token in new[] { tokens[0], tokens[2] })
        {
            using var over = await order.RekeyAsync(2, [token]);
            Assert.Equal((422, "not-ascending"), await over.ProblemAsync());
        }
        using var early = await order.RekeyAsync(3, [tokens[3]]);
        Assert.Equal((409, "not-ascending"), await early.ProblemAsync());
        await order.PseudonymsAsync(2, tokens[3..]);
    }

    [Fact]
    public async Task Refuses_half_a_token()
    {
        var (order, tokens) = await ReadyAsync(1);
        using var refused = await order.RekeyAsync(1, [tokens[0][..30]]);
        Assert.Equal((422, "records-malformed"), await refused.ProblemAsync());
    }

    [Fact]
    public async Task Finds_a_forged_token_by_its_position()
    {
        var (order, tokens) = await ReadyAsync(5);
        await RefusedAtAsync(order, [.. tokens, new string('f', 32)], 5, (422, "unknown-token"));
    }

    [Fact]
    public async Task Finds_a_token_of_another_order_by_its_position()
    {
        var (order, tokens) = await ReadyAsync(4);
        var (_, others) = await ReadyAsync(1);
        string[] mixed = [.. tokens.Append(others[0]).Order(StringComparer.Ordinal)];
        await RefusedAtAsync(order, mixed, Array.IndexOf(mixed, others[0]), RefusalRow.Call("R12"));
        // Nothing of it counts: the tokens alone are a first batch still.
        await order.PseudonymsAsync(1, tokens);
    }

    [Fact]
    public async Task Waits_for_the_holders_closing_document()
    {
        var order = await world.OpenAsync();
        var answers = await order.TokeniseAsync(1, PseudonymisationWorld.People(1));
        using var refused = await order.RekeyAsync(1, [answers[0].Value]);
        Assert.Equal((409, "not-closed"), await refused.ProblemAsync());
    }

    [Fact]
    public async Task Ends_when_the_order_is_closed()
    {
        var (order, tokens) = await ReadyAsync(1);
        await order.PseudonymsAsync(1, tokens);
        using var given = await order.DeliveryKeyAsync(world.SpeKeyDocument);
        using var ended = await order.EndAsync("delivered");
        Assert.True((bool)(await ended.JsonAsync())["tokensAgree"]!);
        using var again = await order.RekeyAsync(1, tokens);
        Assert.Equal(RefusalRow.Call("R11"), await again.ProblemAsync());
        using var key = await order.DeliveryKeyAsync(world.SpeKeyDocument);
        Assert.Equal((409, "order-closed"), await key.ProblemAsync());
    }

    [Fact]
    [Trait("Invariant", "10")]
    public async Task Ends_when_the_permit_is_revoked()
    {
        var (order, tokens) = await ReadyAsync(1);
        world.Permits.States[order.Lineage] = LineageStates.Revoked;
        await world.LeaseIsAsync(order.Lineage, LeaseStanding.Ended);
        using var refused = await order.RekeyAsync(1, tokens);
        using var key = await order.DeliveryKeyAsync(world.SpeKeyDocument);
        Assert.Equal((409, "permit-not-in-force"), await refused.ProblemAsync());
        Assert.Equal((409, "permit-not-in-force"), await key.ProblemAsync());
    }

    [Fact]
    public async Task Is_for_Gateway_alone()
    {
        var (order, tokens) = await ReadyAsync(1);
        foreach (
            var client in new[]
            {
                world.Host.As("service-account-gateway", ["tokenise"], party: "gateway"),
                world.Host.As("service-account-cancerregistry", ["rekey"], party: "cancerregistry"),
                world.Host.As("sub-administrator", ["administrator"]),
            }
        )
        {
            using var refused = await order.RekeyAsync(1, tokens, client);
            Assert.Equal((403, "forbidden"), await refused.ProblemAsync());
        }
    }

    [Fact]
    public async Task Gives_the_delivery_key_to_the_SPE_that_the_permit_pins_and_to_nobody_else()
    {
        var (order, _) = await ReadyAsync(1);
        using var own = SigningKey.Create();
        using var imposter = new DocumentSigner(own, PseudonymisationWorld.Spe, KeyUses.Spe);
        foreach (var document in new[] { world.SignedSpeKey(imposter), world.SignedSpeKey(world.Cancer.Signer), "" })
        {
            using var refused = await order.DeliveryKeyAsync(document);
            Assert.Equal(RefusalRow.Call("R33"), await refused.ProblemAsync());
        }
    }

    // Tokens, re-keying and the delivery key undone, as Gateway and the SPE do it: permit pseudonyms by person.
    private async Task<string[]> PermitPseudonymsAsync(TestOrder order, string[] people)
    {
        var tokens = (await order.TokeniseAsync(1, people)).Select(answer => answer.Value).ToArray();
        using var done = await order.HolderIsDoneAsync();
        var pseudonyms = await order.PseudonymsAsync(1, tokens);
        using var response = await order.DeliveryKeyAsync(world.SpeKeyDocument);
        var sealedKey = await response.JsonAsync();
        var box = Convert.FromBase64String((string)sealedKey["box"]!);
        new SealVerifier(world.Trust.Store()).Verify(
            (string)sealedKey["seal"]!,
            new SealExpectation(SealTypes.DeliveryKey, "pseudonymisation", PseudonymisationWorld.Spe, order.Digest, 1),
            SealedBytes.Of(box)
        );
        using var cipher = new BatchCipher(Crypt4GhFile.Open(box, world.SpeKey));
        return [.. tokens.Select(token => Undone(cipher, pseudonyms[token]))];
    }

    private static string Undone(BatchCipher cipher, string pseudonym)
    {
        var block = Convert.FromHexString(pseudonym);
        cipher.Decrypt(block, block);
        return Convert.ToHexStringLower(block);
    }

    private async Task<(TestOrder Order, string[] Tokens)> ReadyAsync(int people)
    {
        var order = await world.OpenAsync();
        var answers = await order.TokeniseAsync(1, PseudonymisationWorld.People(people));
        using var done = await order.HolderIsDoneAsync();
        Assert.True(done.IsSuccessStatusCode);
        return (order, [.. answers.Select(answer => answer.Value).Order(StringComparer.Ordinal)]);
    }

    private static async Task RefusedAtAsync(TestOrder order, string[] tokens, int record, (int Status, string Type) problem)
    {
        using var refused = await order.RekeyAsync(1, tokens);
        Assert.Equal(problem, await refused.ProblemAsync());
        Assert.Equal(record, (int)JsonNode.Parse(await refused.TextAsync())!["record"]!);
    }
}
