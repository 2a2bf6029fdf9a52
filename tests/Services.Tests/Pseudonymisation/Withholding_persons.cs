using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Records;
using HealthDataNode.Services.Tests.Permit;
using static HealthDataNode.Services.Tests.Pseudonymisation.PseudonymisationWorld;

namespace HealthDataNode.Services.Tests.Pseudonymisation;

public sealed class Withholding_persons(PostgresFixture postgres) : IAsyncLifetime
{
    private static readonly string[] Persons = People(8, seed: 21);
    private PseudonymisationWorld world = null!;

    public async ValueTask InitializeAsync() => world = await PseudonymisationWorld.StartAsync(postgres);

    public ValueTask DisposeAsync() => world.DisposeAsync();

    [Fact]
    [Trait("Article", "EHDS 71(3)")]
    [Trait("Invariant", "4")]
    [Trait("Requirement", "OPT-004")]
    [Trait("Requirement", "OPT-005")]
    [Trait("Requirement", "OPT-024")]
    public async Task Counts_who_had_opted_out_when_the_source_was_decided_and_nobody_else()
    {
        await world.DeclareAsync(Persons[0], "out"); // before
        await world.DeclareAsync(Persons[1], "out"); // out and back in before
        await world.DeclareAsync(Persons[1], "in");
        var decided = world.TakeList();
        await world.DeclareAsync(Persons[2], "out"); // after
        await world.DeclareAsync(Persons[0], "in");
        var order = await world.OpenAsync(world.Grant(optOut: decided));
        Assert.Equal("WIII", Codes(await order.TokeniseAsync(1, Persons[..4])));

        var later = await world.OpenAsync(world.Grant());
        Assert.Equal("IIWI", Codes(await later.TokeniseAsync(1, Persons[..4])));
    }

    [Fact]
    [Trait("Requirement", "NOR-42")]
    [Trait("Requirement", "OPT-012")]
    public async Task Finds_a_person_under_every_number_that_the_person_ever_had()
    {
        await world.TellAsync(Became(Persons[0], Persons[1]), Became(Persons[1], Persons[2]));
        await world.DeclareAsync(Persons[1], "out");
        var order = await world.OpenAsync();
        Assert.Equal("WWWI", Codes(await order.TokeniseAsync(1, Persons[..4])));

        // By another number of the same person, and the last word counts.
        await world.DeclareAsync(Persons[2], "in");
        Assert.Equal("IIII", Codes(await (await world.OpenAsync()).TokeniseAsync(1, Persons[..4])));
        Assert.Contains("\"choice\":\"in\"", await world.Citizen(Persons[0]).TextAsync("/v1/opt-out"), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Requirement", "NOR-42")]
    public async Task Withholds_a_protected_address_with_the_same_code_until_it_is_open()
    {
        await world.TellAsync(Of(PopulationKind.AddressProtected, Persons[0]), Of(PopulationKind.Death, Persons[1]));
        await world.DeclareAsync(Persons[2], "out");
        var answers = await (await world.OpenAsync()).TokeniseAsync(1, Persons[..4]);
        Assert.Equal("WIWI", Codes(answers));
        Assert.Equal(answers[0], answers[2]); // whatever the reason
        await world.TellAsync(Of(PopulationKind.AddressOpen, Persons[0]));
        Assert.Equal("IIWI", Codes(await (await world.OpenAsync()).TokeniseAsync(1, Persons[..4])));
    }

    [Fact]
    public async Task Keeps_the_codes_of_an_order_as_they_were_at_its_first_part()
    {
        var order = await world.OpenAsync();
        var sent = order.Seal(1, Persons[..2]);
        using var first = await order.SendAsync(1, sent);
        Assert.Equal("II", Codes(await order.OpenAsync(sent, first)));
        await world.TellAsync(Of(PopulationKind.AddressProtected, Persons[0]), Of(PopulationKind.AddressProtected, Persons[2]));
        using var again = await order.SendAsync(1, sent);
        Assert.Equal("II", Codes(await order.OpenAsync(sent, again)));
        Assert.Equal("II", Codes(await order.TokeniseAsync(2, Persons[2..4])));
    }

    [Fact]
    public async Task Takes_the_population_as_it_is_at_the_first_part_not_at_the_order()
    {
        var order = await world.OpenAsync();
        await world.TellAsync(Of(PopulationKind.AddressProtected, Persons[0]));
        Assert.Equal("WI", Codes(await order.TokeniseAsync(1, Persons[..2])));
    }

    [Fact]
    public async Task Counts_withheld_persons_and_agrees_on_the_tokens_of_the_others()
    {
        await world.DeclareAsync(Persons[1], "out");
        var order = await world.OpenAsync();
        var tokens = (await order.TokeniseAsync(1, Persons[..4]))
            .Where(one => one.Code == AnswerCode.Issued)
            .Select(one => one.Value)
            .ToArray();
        using var done = await order.HolderIsDoneAsync();
        await order.PseudonymsAsync(1, tokens);
        using var key = await order.DeliveryKeyAsync(world.SpeKeyDocument);
        using var ended = await order.EndAsync("delivered");
        Assert.Contains("true", await ended.TextAsync(), StringComparison.Ordinal);
        using var read = await order.ReadAsync(order.Holder.At(world.Host));
        Assert.Contains("\"issued\":3,\"withheld\":1,\"invalid\":0", await read.TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Article", "EHDS 71(3)")]
    [Trait("Invariant", "4")]
    public async Task Refuses_a_permit_whose_list_was_never_taken_or_is_another_permits()
    {
        await RefusedAsync(world.Grant(optOut: new PermitOptOut(0, new string('a', 64))));
        var taken = world.TakeList();
        await RefusedAsync(world.Grant(optOut: taken with { List = taken.List + 1 }));
        await world.OpenAsync(world.Grant(optOut: taken));
        await RefusedAsync(world.Grant(optOut: taken));
    }

    [Fact]
    public async Task Judges_nothing_with_another_register_key()
    {
        await world.DeclareAsync(Persons[0], "out");
        await Outbox.ExecuteAsync(Outbox.AsOwner(world.Database), "UPDATE pseudonymisation.register_key SET key_check = sha256('another')");
        using var other = new HealthDataNode.Pseudonymisation.Keys.RegisterKey(
            new Microsoft.Extensions.Configuration.ConfigurationManager { ["Party:Keys"] = world.Trust.KeysOf("pseudonymisation") },
            Npgsql.NpgsqlDataSource.Create(world.Database)
        );
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => other.CipherAsync(TestContext.Current.CancellationToken));
        Assert.Contains("restore", refused.Message, StringComparison.Ordinal);
    }

    private async Task RefusedAsync(SignedDocument<PermitDocument> permit)
    {
        using var response = await world.OrderOf(permit).RegisterAsync();
        Assert.Equal(RefusalRow.Call("R59"), await response.ProblemAsync());
        Assert.False(world.HasKey(permit.Payload.Lineage));
    }

    private static string Codes(IEnumerable<Answer> answers) =>
        string.Concat(
            answers.Select(answer =>
                answer.Code.ToString()[0] == 'I' && answer.Code == AnswerCode.Invalid ? 'X' : answer.Code.ToString()[0]
            )
        );
}
