using System.Text.Json;
using System.Text.Json.Nodes;
using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Domain.Authorities;
using HealthDataNode.Permit.Domain.Fees;
using HealthDataNode.Permit.Domain.Policy;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.ServiceDefaults.Messaging;
using Microsoft.Extensions.DependencyInjection;

namespace HealthDataNode.Services.Tests.Permit;

/// <summary>What was complete when it came may not be any more when it is decided: rules change.</summary>
public sealed class Judging_again_at_the_decision(PostgresFixture postgres)
{
    [Theory]
    [InlineData("sources", "[{\"source\":\"cancer\",\"variables\":[\"icd10\"],\"expectedPersons\":9}]")]
    public Task Refuses_a_cohort_below_the_threshold(string member, string json) => RefusesAsync(member, json, RefusalRow.Call("R47"));

    [Theory]
    [InlineData("purpose", "\"53(1)(a)\"")]
    [InlineData("declaredAgainst", "[\"54(a)\",\"54(b)\",\"54(c)\",\"54(d)\"]")]
    [Trait("Invariant", "7")]
    public Task Refuses_purposes_of_public_bodies_and_prohibited_uses(string member, string json) => RefusesAsync(member, json);

    [Theory]
    [InlineData("period", "{\"from\":\"2029-04-09\",\"to\":\"2039-04-09\"}")]
    [Trait("Invariant", "6")]
    public Task Refuses_more_than_ten_years(string member, string json) => RefusesAsync(member, json);

    [Theory]
    [InlineData("justification", "\"\"")]
    [InlineData("legalBasis", "null")]
    [Trait("Invariant", "5")]
    public Task Refuses_pseudonymised_data_without_justification_or_basis(string member, string json) => RefusesAsync(member, json);

    [Theory]
    [InlineData("53(1)(a)")]
    [InlineData("53(1)(b)")]
    [InlineData("53(1)(c)")]
    [Trait("Invariant", "7")]
    [Trait("Article", "EHDS 53(2)")]
    public async Task Refuses_a_private_applicant_the_purposes_of_public_bodies_at_once(string purpose)
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var content = PermitWorld.Complete();
        content["purpose"] = purpose;
        await RefusesToSubmitAsync(world, content, "purpose", RefusalRow.Call("R45"));
    }

    [Fact]
    [Trait("Invariant", "6")]
    [Trait("Article", "EHDS 68(12)")]
    public async Task Refuses_an_application_for_more_than_ten_years_at_once()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var content = PermitWorld.Complete();
        content["period"]!["to"] = "2039-04-09";
        await RefusesToSubmitAsync(world, content, "period.to", RefusalRow.Call("R46"));
    }

    [Fact]
    [Trait("Invariant", "8")]
    [Trait("Article", "EHDS 62(5)")]
    public async Task Gives_the_applicant_an_estimate_by_rules_before_it()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, hdab, _) = await world.SubmitToBothAsync();
        var path = $"v1/applications/{application}/fee-estimate";
        var estimate = await (await world.Applicant.FetchAsync(path)).JsonAsync();
        var lines = estimate["lines"]!.AsArray();
        Assert.Equal(
            [
                ("hdab", "base-several-sources", 3000),
                ("hdab", "assessment", 4620),
                ("hdab", "preparation", 6330),
                ("hdab", "preparation", 6330),
                ("hospitaltrust", "assessment", 2850),
                ("hospitaltrust", "preparation", 7600),
            ],
            lines.Select(line => ((string)line!["authority"]!, (string)line["rule"]!, (int)line["amount"]!))
        );
        Assert.Equal(("NOK", 30730), ((string?)estimate["currency"], (int?)estimate["total"]));
        Assert.Contains("death", (string?)lines[3]!["text"], StringComparison.Ordinal);
        Assert.Equal(30730, (int?)Assert.Single(await world.EventsAsync("permit.fee-estimated"))["total"]);
        // An authority's people see its own lines and nothing of the other's; a committee charges nothing.
        (HttpClient By, string Authority, int Total)[] officials =
        [
            (world.Officer, "hdab", 20280),
            (world.TrustMaker, "hospitaltrust", 10450),
        ];
        foreach (var (by, authority, total) in officials)
        {
            var own = await (await by.FetchAsync(path)).JsonAsync();
            Assert.All(own["lines"]!.AsArray(), line => Assert.Equal(authority, (string?)line!["authority"]));
            var seen = await (await by.FetchAsync($"v1/applications/{application}")).JsonAsync();
            Assert.Equal((total, total), ((int?)own["total"], (int?)seen["estimatedFee"]));
        }
        Assert.Equal((404, "not-found"), await (await world.Committee.FetchAsync(path)).ProblemAsync());
        Assert.Null((await (await world.Committee.FetchAsync($"v1/applications/{application}")).JsonAsync())["estimatedFee"]);
        var other = world.Host.As("sub-other", ["case-officer"], "999000401", "other");
        foreach (var stranger in new[] { world.Colleague, other })
        {
            Assert.Equal((404, "not-found"), await (await stranger.FetchAsync(path)).ProblemAsync());
        }
        var draft = await world.DraftAsync();
        Assert.Equal((404, "not-found"), await (await world.Applicant.FetchAsync($"v1/applications/{draft}/fee-estimate")).ProblemAsync());
        (await world.DecideAtHdabAsync(hdab)).EnsureSuccessStatusCode();
    }

    [Fact]
    [Trait("Invariant", "8")]
    [Trait("Article", "EHDS 62(5)")]
    public async Task Refuses_to_grant_what_the_applicant_has_no_estimate_of()
    {
        var rules = FeeRules.Current with { Rules = [.. FeeRules.Current.Rules.Where(rule => rule.Authority != "hospitaltrust")] };
        await using var world = await PermitWorld.StartAsync(postgres, builder => builder.Services.AddSingleton(rules));
        var (_, hdab, trust) = await world.SubmitToBothAsync();
        Assert.Equal(RefusalRow.Call("R49"), await (await world.DecideAtTrustAsync(trust)).ProblemAsync());
        (await world.DecideAtHdabAsync(hdab)).EnsureSuccessStatusCode();
        (await world.DecideAsync(trust, "refused", by: world.TrustMaker)).EnsureSuccessStatusCode();
    }

    [Fact]
    [Trait("Invariant", "8")]
    public void Has_fee_rules_for_every_authority_that_may_decide() =>
        Assert.All(
            AuthorityRegister.Current.Competences,
            competence =>
                Assert.NotEmpty(
                    FeeRules
                        .Current.Estimate(new Dictionary<string, IReadOnlyList<string>> { [competence.Authority] = [competence.Source] })
                        .Lines
                )
        );

    private static async Task RefusesToSubmitAsync(PermitWorld world, JsonObject content, string field, (int Status, string Type) problem)
    {
        var id = await world.DraftAsync(content);
        var refused = await world.Applicant.ActAsync(PermitWorld.With(HttpMethod.Post, $"v1/applications/{id}/submission", null, "a"));
        Assert.Equal(problem, await refused.ProblemAsync());
        Assert.Equal(field, Assert.Single(JsonNode.Parse(await refused.TextAsync())!["errors"]!.AsObject()).Key);
        Assert.Empty(await world.QueryAsync("SELECT id FROM permit.cases"));
    }

    // An application that got in under other rules, prepared; the decision is asked of the service that runs now.
    private async Task RefusesAsync(string member, string json, (int Status, string Type)? problem = null)
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var content = PermitWorld.Complete();
        content[member] = JsonNode.Parse(json);
        var (application, handled) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await using (var scope = world.Host.Services.CreateAsyncScope())
        {
            var store = scope.ServiceProvider.GetRequiredService<ApplicationStore>();
            var read = content.Deserialize<ApplicationContent>(ContractName.Json)!;
            ApplicationEvent[] history =
            [
                new ApplicationDrafted(new Applicant(PermitWorld.Nora, "999000301"), read),
                new ApplicationSubmitted(
                    [new DescribedSource("cancer", "cancerregistry", 10, [new DescribedColumn("icd10", "string")])],
                    []
                ),
                new FeeEstimated("NOK", [new FeeLine("hdab", "assessment", "Assessment", 1)], "2026-1"),
                new CaseOpened(handled, "hdab", PolicyProfile.Names[0], [new CaseSource("cancer", "FOR-2023-01-11-48", [])]),
            ];
            Assert.NotNull(await store.AppendAsync(null, application, PermitWorld.Nora, history, TestContext.Current.CancellationToken));
        }
        Assert.Equal(problem ?? (409, "not-grantable"), await (await world.DecideAtHdabAsync(handled.ToString())).ProblemAsync());
        Assert.Empty(await world.EventsAsync("permit.case-decided"));
        (await world.DecideAsync(handled.ToString(), "refused")).EnsureSuccessStatusCode();
    }
}
