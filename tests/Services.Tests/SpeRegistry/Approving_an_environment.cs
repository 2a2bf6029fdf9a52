using System.Text.Json.Nodes;
using HealthDataNode.ServiceDefaults.Messaging;
using HealthDataNode.Services.Tests.Permit;
using HealthDataNode.SpeRegistry.Contracts.V1;
using HealthDataNode.SpeRegistry.Criteria;
using Npgsql;

namespace HealthDataNode.Services.Tests.SpeRegistry;

/// <summary>EHDS 73; architecture §9, row 12: an SPE whose approval has lapsed receives nothing from that second on.</summary>
public sealed class Approving_an_environment(PostgresFixture postgres)
{
    private const string Declaration = $"{SpeRegistryWorld.Path}/declaration";

    [Fact]
    public void Asks_for_56_criteria()
    {
        var criteria = CriteriaFile.InForce.Criteria;
        Assert.Equal(56, criteria.Select(criterion => criterion.Id).Distinct().Count());
        int[] sizes = [11, 13, 8, 6, 6, 12];
        Assert.Equal(sizes, criteria.GroupBy(criterion => criterion.Id[0]).Select(theme => theme.Count()));
        Assert.All(criteria, criterion => Assert.NotEmpty(criterion.Articles));
        Assert.Equal(13, criteria.Count(criterion => criterion.Required));
    }

    [Fact]
    public async Task Needs_an_answer_to_every_criterion()
    {
        await using var world = await SpeRegistryWorld.StartAsync(postgres);
        await world.RegisterAsync();
        var declaration = await world.AnswersAsync();
        var answers = declaration["answers"]!.AsArray();
        answers.RemoveAt(1);
        answers[1]!["evidence"] = " ";
        answers[2]!["criterion"] = "Z9";
        answers[3]!["date"] = "2029-05-01";
        answers.Add(answers[4]!.DeepClone());
        var answer = await world.Operator.PutJsonAsync(Declaration, declaration);
        Assert.Equal((400, "incomplete-declaration"), await answer.ProblemAsync());
        var errors = JsonNode.Parse(await answer.TextAsync())!["errors"]!;
        Assert.Equal(
            ["missing: A2, A4", "unknown: an id that is no criterion", "twice: A6"],
            errors["answers"]!.AsArray().Select(error => (string)error!)
        );
        Assert.NotNull(errors["answers.A3"]);
        Assert.NotNull(errors["answers.A5"]);
        Assert.Equal("registered", (string)(await world.ReadAsync())["status"]!);
    }

    [Fact]
    public async Task Begins_with_a_declaration_by_its_own_operator()
    {
        await using var world = await SpeRegistryWorld.StartAsync(postgres);
        await world.RegisterAsync();
        var stranger = world.Host.As("sub-x", ["spe-operator"], org: "999000401");
        var answers = await world.AnswersAsync();
        Assert.Equal((403, "not-your-organisation"), await (await stranger.PutJsonAsync(Declaration, answers)).ProblemAsync());
        Assert.Equal((409, "not-declared"), await (await world.ApproveAsync(world.Time.GetUtcNow().AddDays(1))).ProblemAsync());
        var first = await (await world.Operator.PutJsonAsync(Declaration, answers)).JsonAsync();
        var again = await (await world.Operator.PutJsonAsync(Declaration, answers)).JsonAsync();
        Assert.Equal((1, 1), ((int)first["number"]!, (int)again["number"]!));
        Assert.Equal("declared", (string)(await world.ReadAsync())["status"]!);
        Assert.Single(await Outbox.EventsAsync(world.Database, "speregistry.environment-declared"));
        Assert.Equal(56, (await (await world.Auditor.FetchAsync(Declaration)).JsonAsync())["answers"]!.AsArray().Count);
        Assert.Equal((404, "not-found"), await (await stranger.FetchAsync(Declaration)).ProblemAsync());
        Assert.Equal((401, "unauthenticated"), await (await world.Host.Anonymous.FetchAsync(Declaration)).ProblemAsync());
    }

    [Fact]
    [Trait("Article", "EHDS 73(3)")]
    public async Task Is_by_another_organisation_than_the_environments()
    {
        await using var world = await SpeRegistryWorld.StartAsync(postgres);
        await world.DeclareAsync();
        var until = world.Time.GetUtcNow().AddYears(1);
        var own = world.Host.As("sub-own", ["spe-auditor", "spe-operator"], org: "999000201");
        Assert.Equal((403, "own-environment"), await (await world.ApproveAsync(until, own)).ProblemAsync());
        var nobody = world.Host.As("sub-nobody", ["spe-auditor"]);
        Assert.Equal((403, "own-environment"), await (await world.ApproveAsync(until, nobody)).ProblemAsync());
        Assert.Equal((403, "forbidden"), await (await world.ApproveAsync(until, world.Operator)).ProblemAsync());
        Assert.Equal("declared", (string)(await world.ReadAsync())["status"]!);
        Assert.Equal("approved", (string)(await (await world.ApproveAsync(until)).JsonAsync())["status"]!);
        var approved = Assert.Single(await Outbox.EventsAsync(world.Database, "speregistry.environment-approved"));
        Assert.Equal((string)(await world.ReadAsync())["approvedUntil"]!, (string)approved["until"]!);
    }

    [Fact]
    [Trait("Invariant", "12")]
    public async Task Ends_by_itself_at_the_second_it_names()
    {
        await using var world = await SpeRegistryWorld.StartAsync(postgres);
        await world.DeclareAsync();
        var until = world.Time.GetUtcNow().AddHours(1);
        await world.ApproveAsync(until);
        world.Time.MoveTo(until.AddSeconds(-1));
        Assert.Equal("approved", (string)(await world.ReadAsync())["status"]!);
        world.Time.MoveTo(until);
        Assert.Equal("expired", (string)(await world.ReadAsync())["status"]!);
        Assert.Equal("approved", (string)(await (await world.ApproveAsync(until.AddDays(1))).JsonAsync())["status"]!);
    }

    [Fact]
    [Trait("Invariant", "12")]
    public async Task Can_be_taken_back()
    {
        await using var world = await SpeRegistryWorld.StartAsync(postgres);
        await world.DeclareAsync();
        await world.ApproveAsync(world.Time.GetUtcNow().AddYears(1));
        var suspended = await world.Auditor.PostJsonAsync($"{SpeRegistryWorld.Path}/suspensions", new { reasons = "Found open network." });
        Assert.Equal("suspended", (string)(await suspended.JsonAsync())["status"]!);
        Assert.Null((await world.ReadAsync())["approvedUntil"]);
        Assert.Single(await Outbox.EventsAsync(world.Database, "speregistry.environment-suspended"));
        await world.ApproveAsync(world.Time.GetUtcNow().AddYears(2));
        Assert.Equal("approved", (string)(await world.ReadAsync())["status"]!);
    }

    [Fact]
    public async Task Needs_the_required_criteria_met_and_an_end_that_is_near_enough()
    {
        await using var world = await SpeRegistryWorld.StartAsync(postgres);
        await world.RegisterAsync();
        var answers = await world.AnswersAsync();
        answers["answers"]![0]!["answer"] = "partly";
        answers["answers"]![2]!["answer"] = "not-applicable";
        var declared = await (await world.Operator.PutJsonAsync(Declaration, answers)).JsonAsync();
        Assert.Equal(["A1"], declared["unmet"]!.AsArray().Select(id => (string)id!));
        var now = world.Time.GetUtcNow();
        Assert.Equal((409, "required-criteria-not-met"), await (await world.ApproveAsync(now.AddYears(1))).ProblemAsync());
        foreach (var until in new[] { now, now.AddYears(6) })
        {
            Assert.Equal((400, "invalid-request"), await (await world.ApproveAsync(until)).ProblemAsync());
        }
        Assert.Equal("declared", (string)(await world.ReadAsync())["status"]!);
    }

    [Fact]
    public async Task Leaves_what_was_declared_and_ruled_for_good()
    {
        await using var world = await SpeRegistryWorld.StartAsync(postgres);
        await world.DeclareAsync();
        await world.ApproveAsync(world.Time.GetUtcNow().AddYears(1));
        string[] attempts =
        [
            "UPDATE speregistry.rulings SET until = until + interval '1 year'",
            "DELETE FROM speregistry.rulings",
            "UPDATE speregistry.declarations SET answers = '[]'",
            "UPDATE speregistry.environments SET org = '999000401', version = version + 1",
        ];
        foreach (var sql in attempts)
        {
            await Assert.ThrowsAsync<PostgresException>(() => Outbox.ExecuteAsync(Outbox.AsOwner(world.Database), sql));
        }
    }

    [Fact]
    public async Task Is_described_by_the_OpenAPI_document_and_golden_events()
    {
        await using var world = await SpeRegistryWorld.StartAsync(postgres);
        var document = JsonNode.Parse(await world.Host.Anonymous.TextAsync("openapi/v1.json"))!.AsObject();
        document.Remove("servers");
        Golden.Matches("speregistry.openapi.json", document.Pretty());
        var at = DateTimeOffset.UnixEpoch;
        object[] events =
        [
            new EnvironmentRegistered("referencespe", 1, "999000201", at),
            new EnvironmentDeclared("referencespe", 2, 1, "1", at),
            new EnvironmentApproved("referencespe", 3, 1, at.AddYears(1), at),
            new EnvironmentSuspended("referencespe", 4, at),
        ];
        Assert.Equal(typeof(EnvironmentApproved).Assembly.GetExportedTypes().Length, events.Length);
        foreach (var one in events)
        {
            var json = System.Text.Json.JsonSerializer.Serialize(one, one.GetType(), ContractName.Json);
            Golden.Matches($"{ContractName.Of(one.GetType())}.json", JsonNode.Parse(json)!.Pretty());
        }
    }
}
