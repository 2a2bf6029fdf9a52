using System.Text.Json.Nodes;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Records;
using HealthDataNode.Services.Tests.Permit;
using static HealthDataNode.Services.Tests.Pseudonymisation.PseudonymisationWorld;

namespace HealthDataNode.Services.Tests.Pseudonymisation;

/// <summary>The feed, the pseudonyms that follow from it, and the aliases for what comes later.</summary>
public sealed class Following_the_population_register(PostgresFixture postgres) : IAsyncLifetime
{
    private static readonly string[] Persons = People(8, seed: 31);
    private PseudonymisationWorld world = null!;

    public async ValueTask InitializeAsync() => world = await PseudonymisationWorld.StartAsync(postgres);

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    [Trait("Requirement", "NOR-42")]
    public async Task Takes_batches_in_their_order_and_the_same_one_again()
    {
        Assert.Equal(1, await NextAsync());
        var first = world.Batch(1, Became(Persons[0], Persons[1]), Of(PopulationKind.Death, Persons[2]));
        for (var i = 0; i < 2; i++)
        {
            using var taken = await world.FeedAsync(1, first);
            Assert.Equal(204, (int)taken.StatusCode);
        }
        Assert.Equal(2, await NextAsync());
        await world.TellAsync(Of(PopulationKind.AddressProtected, Persons[3]));
        Assert.Equal([1L, 2L, 3L], await ColumnAsync("number"));
        Assert.Equal(["N", "D", "P"], (await ColumnAsync("kind")).Select(kind => kind.ToString()));
        Assert.Equal(2, (await Outbox.EventsAsync(world.Database, "pseudonymisation.population-taken")).Count);
    }

    [Fact]
    public async Task Refuses_a_batch_that_comes_twice_with_other_bytes()
    {
        await world.TellAsync(Became(Persons[0], Persons[1]));
        using var other = await world.FeedAsync(1, world.Batch(1, Became(Persons[0], Persons[1])));
        Assert.Equal(RefusalRow.Call("R55"), await other.ProblemAsync());
        Assert.Single(await ColumnAsync("number"));
    }

    [Fact]
    public async Task Refuses_a_batch_out_of_order_and_says_which_is_next()
    {
        using var early = await world.FeedAsync(3, world.Batch(3, Became(Persons[0], Persons[1])));
        var problem = JsonNode.Parse(await early.TextAsync())!;
        Assert.Equal(RefusalRow.Call("R56"), await early.ProblemAsync());
        Assert.Contains("batch 1 next", (string)problem["detail"]!, StringComparison.Ordinal);
        Assert.Empty(await ColumnAsync("number"));
    }

    [Fact]
    public async Task Refuses_a_batch_that_is_cut()
    {
        var sent = world.Batch(1, Became(Persons[0], Persons[1]), Became(Persons[2], Persons[3]));
        using var cut = await world.FeedAsync(1, sent.File[..^8], sent.Seal.Text);
        Assert.Equal(RefusalRow.Call("R57"), await cut.ProblemAsync());
        // Cut before it was sealed: its number of records, or its last record, is not whole.
        var records = Records(Became(Persons[0], Persons[1]), Became(Persons[2], Persons[3]));
        foreach (var length in new[] { PopulationRecord.Size, records.Length - 3 })
        {
            using var short_ = await world.FeedAsync(1, world.BatchOf(1, records[..length], 2));
            Assert.Equal((422, "records-malformed"), await short_.ProblemAsync());
        }
        Assert.Empty(await ColumnAsync("number"));
    }

    [Fact]
    public async Task Refuses_records_that_say_nothing_that_can_be()
    {
        foreach (
            var spoil in new (int At, string With)[]
            {
                (0, "X"), // no such kind
                (1, "20240230"), // no such day
                (9, Spoilt(Persons[0])), // no such person
                (20, Persons[0]), // the person itself
            }
        )
        {
            var records = Records(Became(Persons[2], Persons[3]), Became(Persons[0], Persons[1]));
            System.Text.Encoding.ASCII.GetBytes(spoil.With).CopyTo(records, PopulationRecord.Size + spoil.At);
            using var refused = await world.FeedAsync(1, world.BatchOf(1, records, 2));
            var problem = JsonNode.Parse(await refused.TextAsync())!;
            Assert.Equal((422, 1), ((int)refused.StatusCode, (int)problem["record"]!));
            Assert.DoesNotContain(Persons[0], problem.ToJsonString(), StringComparison.Ordinal);
        }
        Assert.Empty(await ColumnAsync("number"));
    }

    [Fact]
    public async Task Takes_it_from_the_population_register_alone()
    {
        using var asHolder = await world.FeedAsync(1, world.Batch(1, Became(Persons[0], Persons[1])), world.Cancer.At(world.Host));
        Assert.Equal(403, (int)asHolder.StatusCode);
        using var bySomebodyElse = await world.FeedAsync(
            1,
            world.BatchOf(1, Records(Became(Persons[0], Persons[1])), 1, world.Cancer.Signer)
        );
        Assert.Equal((422, "seal-refused"), await bySomebodyElse.ProblemAsync());
        var order = await world.OpenAsync();
        using var asIdentifiers = await world.FeedAsync(1, order.Seal(1, Persons[0]));
        Assert.Equal((422, "seal-refused"), await asIdentifiers.ProblemAsync());
    }

    [Fact]
    [Trait("Requirement", "NOR-42")]
    [Trait("Requirement", "PSE-032")]
    public async Task Gives_one_pseudonym_to_a_person_whom_sources_know_by_different_numbers()
    {
        await world.TellAsync(Became(Persons[0], Persons[4]), Became(Persons[4], Persons[2]));
        var permit = world.Grant();
        var cancer = await (await world.OpenAsync(permit)).PermitPseudonymsAsync(Persons[0], Persons[1]);
        var death = await (await world.OpenAsync(permit, "death")).PermitPseudonymsAsync(Persons[1], Persons[2], Persons[4]);
        Assert.Equal([cancer[1], cancer[0], cancer[0]], death);
    }

    [Fact]
    [Trait("Requirement", "NOR-42")]
    [Trait("Requirement", "PSE-024")]
    public async Task Keeps_a_lineages_pseudonyms_and_tells_its_SPE_of_later_merges_once_and_numbered()
    {
        await world.TellAsync(Became(Persons[6], Persons[7]));
        var permit = world.Grant();
        var before = await (await world.OpenAsync(permit)).PermitPseudonymsAsync(Persons[..3]);
        using (var nothing = await world.AliasesAsync(permit.Payload.Lineage, 0))
        {
            Assert.Equal(204, (int)nothing.StatusCode);
        }
        await world.TellAsync(Became(Persons[1], Persons[0]), Of(PopulationKind.Death, Persons[0]));
        await world.TellAsync(Became(Persons[0], Persons[1]), Became(Persons[2], Persons[3]));

        // The pseudonyms of the same lineage stay as they were...
        var after = await (await world.OpenAsync(permit, "death")).PermitPseudonymsAsync(Persons[..4]);
        Assert.Equal(before, after[..3]);
        // ... and what became one is told, each merge once.
        using var first = await world.AliasesAsync(permit.Payload.Lineage, 0);
        (string, string)[] expected = [(before[0], before[1]), (after[3], before[2])];
        Assert.Equal(expected, await world.AliasesOfAsync(permit.Payload.Lineage, 1, first));
        using var again = await world.AliasesAsync(permit.Payload.Lineage, 0);
        Assert.Equal(expected, await world.AliasesOfAsync(permit.Payload.Lineage, 1, again));
        using (var nothing = await world.AliasesAsync(permit.Payload.Lineage, 1))
        {
            Assert.Equal(204, (int)nothing.StatusCode);
        }

        await world.TellAsync(Became(Persons[1], Persons[2]));
        using var second = await world.AliasesAsync(permit.Payload.Lineage, 1);
        Assert.Equal([(before[2], before[1])], await world.AliasesOfAsync(permit.Payload.Lineage, 2, second));
        Assert.Equal(2, (await Outbox.EventsAsync(world.Database, "pseudonymisation.aliases-sealed")).Count);

        // A later permit needs none: it begins with the history of today.
        var later = world.Grant();
        var one = await (await world.OpenAsync(later)).PermitPseudonymsAsync(Persons[..4]);
        Assert.Single(one.Distinct());
        using var none = await world.AliasesAsync(later.Payload.Lineage, 0);
        Assert.Equal(204, (int)none.StatusCode);
    }

    [Fact]
    public async Task Refuses_aliases_out_of_turn_or_to_anybody_but_the_permits_SPE()
    {
        var order = await world.OpenAsync();
        await world.TellAsync(Became(Persons[0], Persons[1]));
        using var ahead = await world.AliasesAsync(order.Lineage, 1);
        Assert.Equal(RefusalRow.Call("R58"), await ahead.ProblemAsync());
        using var unknown = await world.AliasesAsync("nothing", 0);
        Assert.Equal((404, "not-found"), await unknown.ProblemAsync());
        using var other = await world.AliasesAsync(order.Lineage, 0, world.Host.As("service-account-otherspe", ["spe"], party: "otherspe"));
        Assert.Equal((404, "not-found"), await other.ProblemAsync());
        using var otherSigner = world.Trust.Enrol("otherspe", KeyUses.Spe);
        using var otherKey = await world.AliasesAsync(order.Lineage, 0, speKey: world.SignedSpeKey(otherSigner));
        Assert.Equal((422, "document-refused"), await otherKey.ProblemAsync());
        using var holder = await world.AliasesAsync(order.Lineage, 0, world.Cancer.At(world.Host));
        Assert.Equal(403, (int)holder.StatusCode);
        Assert.Empty(await Outbox.QueryAsync(world.Database, "SELECT number FROM pseudonymisation.aliases"));
    }

    [Fact]
    [Trait("Requirement", "PSE-027")]
    public async Task Keeps_no_identifier_of_what_it_was_told()
    {
        await world.TellAsync(Became(Persons[0], Persons[1]), Of(PopulationKind.AddressProtected, Persons[2]));
        var rows = (await Outbox.QueryAsync(world.Database, "SELECT t::text FROM pseudonymisation.population_changes t"))
            .Cast<string>()
            .ToList();
        Assert.Equal(2, rows.Count);
        Assert.DoesNotContain(
            rows,
            row =>
                Persons.Any(digits =>
                    row.Contains(digits, StringComparison.Ordinal)
                    || row.Contains(Convert.ToHexStringLower(System.Text.Encoding.ASCII.GetBytes(digits)), StringComparison.Ordinal)
                )
        );
    }

    private async Task<int> NextAsync() => (int)JsonNode.Parse(await world.AsPopulation.TextAsync("/v1/population-feed"))!["next"]!;

    private Task<IReadOnlyList<object>> ColumnAsync(string column) =>
        Outbox.QueryAsync(world.Database, $"SELECT {column} FROM pseudonymisation.population_changes ORDER BY number");
}
