using System.Text.Json.Nodes;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Identifiers;
using HealthDataNode.Pseudonymisation.Domain;
using HealthDataNode.Pseudonymisation.Persistence;
using HealthDataNode.Services.Tests.Permit;
using Microsoft.Extensions.DependencyInjection;

namespace HealthDataNode.Services.Tests.Pseudonymisation;

/// <summary>Declarations by citizens, and the list that a decision takes.</summary>
public sealed class Opting_out(PostgresFixture postgres) : IAsyncLifetime
{
    private static readonly string[] People = PseudonymisationWorld.People(6, seed: 11);
    private readonly MovableTime time = new(DateTimeOffset.UtcNow);
    private PseudonymisationWorld world = null!;

    public async ValueTask InitializeAsync() => world = await PseudonymisationWorld.StartAsync(postgres, time);

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    [Trait("Article", "EHDS 71(1)")]
    [Trait("Requirement", "OPT-001")]
    [Trait("Requirement", "OPT-006")]
    [Trait("Requirement", "OPT-010")]
    public async Task Counts_from_the_moment_of_the_declaration_and_confirms_it()
    {
        var declared = await world.DeclareAsync(People[0], "out");
        Assert.Equal(("out", 1), ((string)declared["choice"]!, (int)declared["number"]!));
        Assert.Equal(time.GetUtcNow(), (DateTimeOffset)declared["effectiveFrom"]!, TimeSpan.FromMilliseconds(1));
        Assert.Equal("out", (string)(await ReadAsync(People[0]))["choice"]!);
        Assert.Equal("in", (string)(await ReadAsync(People[1]))["choice"]!);
    }

    [Fact]
    [Trait("Article", "EHDS 71(1)")]
    [Trait("Requirement", "OPT-002")]
    [Trait("Requirement", "OPT-008")]
    public async Task Is_withdrawn_as_easily_and_its_history_answers_for_any_date()
    {
        var before = time.GetUtcNow();
        time.Advance(TimeSpan.FromDays(1));
        await world.DeclareAsync(People[0], "out");
        var between = time.GetUtcNow();
        time.Advance(TimeSpan.FromDays(1));
        await world.DeclareAsync(People[0], "in");
        Assert.Equal(["out", "in"], (await ReadAsync(People[0]))["history"]!.AsArray().Select(one => (string)one!["choice"]!));
        Assert.Equal("in", (string)(await ReadAsync(People[0], before))["choice"]!);
        Assert.Equal("out", (string)(await ReadAsync(People[0], between))["choice"]!);
        Assert.Equal("in", (string)(await ReadAsync(People[0], time.GetUtcNow()))["choice"]!);
        Assert.Equal((0, 1, 2), (await ListOnAsync(before), await ListOnAsync(between), await ListOnAsync(time.GetUtcNow())));
    }

    [Fact]
    [Trait("Requirement", "OPT-009")]
    public async Task Takes_two_declarations_of_one_second_in_their_order()
    {
        foreach (var (person, choice) in new[] { (0, "out"), (0, "in"), (1, "in"), (1, "out") })
        {
            using var taken = await world.Citizen(People[person]).PostJsonAsync("/v1/opt-out", new { choice });
            Assert.Equal(RefusalRow.Says("R54", "taken"), $"{(int)taken.StatusCode}");
        }
        Assert.Equal([1, 2, 3, 4], (await DeclarationsAsync("number")).Cast<long>());
        Assert.Single((await DeclarationsAsync("at")).Distinct());
        Assert.Equal((false, true), (await IsWithheldAsync(4, People[0]), await IsWithheldAsync(4, People[1])));
        Assert.Equal(4, (await Outbox.EventsAsync(world.Database, "pseudonymisation.opt-out-declared")).Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Requirement", "OPT-010")]
    public async Task Takes_the_same_word_again_for_the_one_that_stands(bool underANewNumber)
    {
        var first = await world.DeclareAsync(People[0], "out");
        if (underANewNumber)
        {
            await world.TellAsync(PseudonymisationWorld.Became(People[0], People[1]));
        }
        time.Advance(TimeSpan.FromDays(1));
        var again = await world.DeclareAsync(People[underANewNumber ? 1 : 0], "out");
        Assert.Equal(first.ToJsonString(), again.ToJsonString());
        Assert.Single(await DeclarationsAsync("number"));
        Assert.Single(await Outbox.EventsAsync(world.Database, "pseudonymisation.opt-out-declared"));
        // Another word is a declaration, and the first one after it again.
        Assert.Equal(2, (int)(await world.DeclareAsync(People[0], "in"))["number"]!);
        Assert.Equal(3, (int)(await world.DeclareAsync(People[0], "out"))["number"]!);
    }

    [Fact]
    public async Task Numbers_declarations_without_a_gap_when_they_come_at_once()
    {
        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => world.DeclareAsync(People[i], "out", $"sub-{i}")));
        Assert.Equal([1, 2, 3, 4, 5, 6], (await DeclarationsAsync("number")).Cast<long>());
        Assert.Equal(6, await IntactAsync());
    }

    [Fact]
    [Trait("Requirement", "OPT-008")]
    public async Task Keeps_every_declaration_and_the_hash_over_all_of_them()
    {
        await world.DeclareAsync(People[0], "out");
        await world.DeclareAsync(People[1], "out");
        Assert.Equal(2, await IntactAsync());
        foreach (var sql in new[] { "UPDATE {0} SET choice = 'in'", "DELETE FROM {0}", "TRUNCATE {0}" })
        {
            var refused = await Assert.ThrowsAsync<Npgsql.PostgresException>(() =>
                Outbox.ExecuteAsync(Outbox.AsOwner(world.Database), string.Format(null, sql, "pseudonymisation.opt_out_declarations"))
            );
            Assert.Equal("42501", refused.SqlState);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("maybe")]
    public async Task Takes_nothing_but_in_and_out(string? choice)
    {
        using var response = await world.Citizen(People[0]).PostJsonAsync("/v1/opt-out", new { choice });
        Assert.Equal(400, (int)response.StatusCode);
    }

    [Fact]
    [Trait("Article", "EHDS 71(3)")]
    [Trait("Invariant", "4")]
    public async Task Gives_a_decision_the_list_as_it_is_and_the_same_answer_again()
    {
        await world.DeclareAsync(People[0], "out");
        var first = world.TakeList("case-1");
        await world.DeclareAsync(People[1], "out");
        var second = world.TakeList("case-2");
        Assert.Equal((1, 2), (first.List, second.List));
        Assert.Equal(first, world.TakeList("case-1"));
        var taken = Assert.Single(
            await Outbox.EventsAsync(world.Database, "pseudonymisation.opt-out-list-taken"),
            one => (string)one["decision"]! == "case-1"
        );
        Assert.Equal(first.Commitment, (string)taken["commitment"]!);
    }

    [Fact]
    [Trait("Invariant", "4")]
    public async Task Commits_to_the_same_list_under_a_new_salt_each_time()
    {
        await world.DeclareAsync(People[0], "out");
        var (first, second) = (world.TakeList(), world.TakeList());
        Assert.Equal(first.List, second.List);
        Assert.NotEqual(first.Commitment, second.Commitment);
        var salts = await Outbox.QueryAsync(
            world.Database,
            "SELECT salt FROM pseudonymisation.opt_out_lists ORDER BY commitment = '" + second.Commitment + "'"
        );
        var chain = (byte[])(await DeclarationsAsync("chain")).Single();
        Assert.Equal([first.Commitment, second.Commitment], salts.Select(salt => Commitment.Of((byte[])salt, 1, chain)));
    }

    [Fact]
    [Trait("Requirement", "OPT-022")]
    public async Task Gives_lists_to_Permit_alone_and_declarations_to_citizens_alone()
    {
        foreach (var caller in new[] { world.Citizen(People[0]), world.AsGateway, world.Cancer.At(world.Host) })
        {
            using var list = await caller.PostJsonAsync("/v1/opt-out-lists", new { decision = "c" });
            Assert.Equal(403, (int)list.StatusCode);
        }
        foreach (var caller in new[] { world.AsPermit, world.Cancer.At(world.Host) })
        {
            using var declared = await caller.PostJsonAsync("/v1/opt-out", new { choice = "out" });
            Assert.Equal(403, (int)declared.StatusCode);
        }
    }

    [Fact]
    [Trait("Requirement", "OPT-011")]
    public async Task Refuses_a_citizen_without_a_sealed_number_and_says_what_to_do()
    {
        using var response = await world.CitizenWith(null).PostJsonAsync("/v1/opt-out", new { choice = "out" });
        var problem = JsonNode.Parse(await response.TextAsync())!;
        Assert.Equal(403, (int)response.StatusCode);
        Assert.EndsWith("person-unknown", (string)problem["type"]!, StringComparison.Ordinal);
        Assert.Contains("Sign out and in again", (string)problem["detail"]!, StringComparison.Ordinal);
        using var read = await world.CitizenWith(null).FetchAsync("/v1/opt-out");
        Assert.Equal(403, (int)read.StatusCode);
    }

    [Fact]
    [Trait("Article", "EHDS 71(1)")]
    public async Task Refuses_an_opt_out_for_somebody_else() => await RefusedAsync("R50", world.SealedId(People[0], "sub-bjorn"));

    [Fact]
    public async Task Refuses_a_forged_sealed_number()
    {
        using var forger = world.Trust.Enrol("forger", KeyUses.Enrolment);
        await RefusedAsync("R51", world.SealedId(People[0], "sub-anna", by: forger));
        await RefusedAsync("R51", world.SealedId(People[0], "sub-anna", by: world.Cancer.Signer));
        await RefusedAsync("R51", world.SealedId(People[0], "sub-anna")[..^4] + "AAAA");
        await RefusedAsync("R51", world.SealedId(PseudonymisationWorld.Spoilt(People[0]), "sub-anna"));
        await RefusedAsync("R51", "not a document");
    }

    [Fact]
    public async Task Refuses_a_sealed_number_of_another_issuer() =>
        await RefusedAsync("R53", world.SealedId(People[0], "sub-anna", "https://elsewhere.example/realms/health-data-node"));

    [Fact]
    public async Task Refuses_a_sealed_number_that_is_replayed_under_another_sub()
    {
        var annas = world.SealedId(People[0], "sub-anna");
        using var hers = await world.CitizenWith(annas).PostJsonAsync("/v1/opt-out", new { choice = "out" });
        Assert.True(hers.IsSuccessStatusCode);
        using var replayed = await world.CitizenWith(annas, "sub-bjorn").PostJsonAsync("/v1/opt-out", new { choice = "in" });
        Assert.Equal(RefusalRow.Call("R52"), await replayed.ProblemAsync());
        Assert.Single(await DeclarationsAsync("number"));
    }

    [Fact]
    [Trait("Requirement", "OPT-017")]
    [Trait("Requirement", "OPT-020")]
    public async Task Says_and_keeps_nothing_of_a_number()
    {
        var sealedId = world.SealedId(People[0], "sub-anna");
        var answers = new List<string>();
        foreach (var choice in new[] { "out", "in" })
        {
            using var declared = await world.CitizenWith(sealedId).PostJsonAsync("/v1/opt-out", new { choice });
            answers.Add(await declared.TextAsync());
        }
        answers.Add(await world.CitizenWith(sealedId).TextAsync("/v1/opt-out"));
        using var refused = await world.CitizenWith(sealedId, "sub-bjorn").PostJsonAsync("/v1/opt-out", new { choice = "in" });
        answers.Add(await refused.TextAsync());
        foreach (var table in new[] { "pseudonymisation.opt_out_declarations", "messaging.outbox" })
        {
            answers.AddRange((await Outbox.QueryAsync(world.Database, $"SELECT t::text FROM {table} t")).Cast<string>());
        }
        string[] secrets =
        [
            People[0],
            Convert.ToHexStringLower(System.Text.Encoding.ASCII.GetBytes(People[0])),
            sealedId,
            sealedId.Split('.')[1],
        ];
        Assert.DoesNotContain(answers, text => secrets.Any(secret => text.Contains(secret, StringComparison.OrdinalIgnoreCase)));
        Assert.DoesNotContain(
            await Outbox.EventsAsync(world.Database, "pseudonymisation.opt-out-declared"),
            one => one.ToJsonString().Contains("sub-anna", StringComparison.Ordinal) || one["choice"] is not null
        );
    }

    private async Task RefusedAsync(string refusal, string sealedId)
    {
        using var response = await world.CitizenWith(sealedId).PostJsonAsync("/v1/opt-out", new { choice = "out" });
        Assert.Equal(RefusalRow.Call(refusal), await response.ProblemAsync());
        Assert.Empty(await DeclarationsAsync("number"));
    }

    private async Task<JsonNode> ReadAsync(string number, DateTimeOffset? on = null) =>
        JsonNode.Parse(
            await world
                .Citizen(number)
                .TextAsync("/v1/opt-out" + (on is { } moment ? $"?on={Uri.EscapeDataString(moment.ToString("O"))}" : ""))
        )!;

    private async Task<int> ListOnAsync(DateTimeOffset moment) =>
        (int)JsonNode.Parse(await world.AsPermit.TextAsync($"/v1/opt-out-lists?on={Uri.EscapeDataString(moment.ToString("O"))}"))!["list"]!;

    private Task<IReadOnlyList<object>> DeclarationsAsync(string column) =>
        Outbox.QueryAsync(world.Database, $"SELECT {column} FROM pseudonymisation.opt_out_declarations ORDER BY number");

    private async Task<bool> IsWithheldAsync(long list, string number)
    {
        var services = world.Host.Services;
        var person = await services
            .GetRequiredService<HealthDataNode.Pseudonymisation.Keys.RegisterKey>()
            .OfAsync(PersonIdentifier.Parse(number), TestContext.Current.CancellationToken);
        var withheld = await services.GetRequiredService<PersonRegisters>().WithheldAsync(list, 0, TestContext.Current.CancellationToken);
        return withheld.Contains(Person.Of(person));
    }

    // Recomputes every hash from the rows; how many there are.
    private async Task<int> IntactAsync()
    {
        using var scope = world.Host.Services.CreateScope();
        var hash = Commitment.Begin;
        var rows = scope.ServiceProvider.GetRequiredService<PseudonymisationDb>().Declarations.OrderBy(one => one.Number).ToList();
        foreach (var row in rows)
        {
            hash = Commitment.Next(hash, row.Number, row.At, row.Choice, row.Person);
            Assert.Equal(hash, row.Chain);
        }
        return await Task.FromResult(rows.Count);
    }
}
