using System.Text.Json.Nodes;
using HealthDataNode.Permit.Domain.Authorities;
using HealthDataNode.Permit.Domain.Fees;
using Microsoft.Extensions.DependencyInjection;

namespace HealthDataNode.Services.Tests.Permit;

/// <summary>A third authority is a line in the register of authorities and one in the fee rules, and no code.</summary>
[Trait("Requirement", "NOR-10")]
public sealed class Adding_an_authority(PostgresFixture postgres)
{
    // Statistics Norway takes the causes of death over, two days before the application comes.
    private static readonly AuthorityRegister Register = AuthorityRegister.Current with
    {
        Competences =
        [
            .. AuthorityRegister.Current.Competences.Select(one =>
                one is { Source: "death", To: null } ? one with { To = new DateOnly(2029, 4, 7) } : one
            ),
            new Competence("death", "ssb", "statistikkloven § 14", new DateOnly(2029, 4, 8), ["ethics"]),
        ],
    };

    private static readonly FeeRules Fees = FeeRules.Current with
    {
        Rules = [.. FeeRules.Current.Rules, new FeeRule("ssb", "assessment", "Assessment, 2 hours at 1000", FeeUnit.Case, 2, 1000)],
    };

    [Fact]
    public async Task Gives_it_a_case_with_clock_and_fee_and_starts_each_order_on_its_own_decision()
    {
        await using var world = await StartAsync();
        var (application, cases) = await SubmitAsync(world);
        Assert.Equal(
            ["hdab", "hospitaltrust", "ssb"],
            cases.Select(handled => (string)handled["authority"]!).Order(StringComparer.Ordinal)
        );
        Assert.All(cases, handled => Assert.Equal("T03", (string?)Assert.Single(handled["clocks"]!.AsArray())!["rule"]));
        var fee = await (await world.Applicant.FetchAsync($"v1/applications/{application}/fee-estimate")).JsonAsync();
        Assert.Contains(fee["lines"]!.AsArray(), line => ((string?)line!["authority"], (long?)line["amount"]) == ("ssb", 2000));
        Assert.Empty(await world.EventsAsync("permit.permit-granted"));

        var statistics = Officials(world, "ssb");
        Assert.Equal((404, "not-found"), await (await statistics.Maker.FetchAsync($"v1/cases/{IdOf(cases, "hdab")}")).ProblemAsync());
        (await DecideAsync(world, cases, "ssb")).EnsureSuccessStatusCode();
        (await DecideAsync(world, cases, "hospitaltrust")).EnsureSuccessStatusCode();
        var lineage = (string)(await (await DecideAsync(world, cases, "hdab")).JsonAsync())["permit"]!["lineage"]!;
        Assert.Equal(
            ["death", "death,treatment", "death,treatment,cancer"],
            (await world.EventsAsync("permit.permit-granted")).Select(granted =>
                string.Join(',', granted["sources"]!.AsArray().Select(source => (string)source!))
            )
        );
        Assert.Equal(
            ["ssb", "hospitaltrust", "hdab"],
            (await world.PermitAsync(lineage)).Payload.Sources.Select(s => s.Decision.Authority)
        );
        var days = await (await world.Host.Anonymous.FetchAsync("v1/statistics")).JsonAsync();
        Assert.Contains(days["stages"]!.AsArray(), stage => (string?)stage!["authority"] == "ssb");
    }

    [Fact]
    public async Task Stops_everything_with_its_refusal_where_all_or_nothing_was_chosen()
    {
        await using var world = await StartAsync();
        var (_, cases) = await SubmitAsync(world, allOrNothing: true);
        (await DecideAsync(world, cases, "hdab")).EnsureSuccessStatusCode();
        (await DecideAsync(world, cases, "hospitaltrust")).EnsureSuccessStatusCode();
        (await DecideAsync(world, cases, "ssb", "refused")).EnsureSuccessStatusCode();
        Assert.Empty(await world.EventsAsync("permit.permit-granted"));
    }

    private Task<PermitWorld> StartAsync() =>
        PermitWorld.StartAsync(postgres, builder => builder.Services.AddSingleton(Register).AddSingleton(Fees));

    private static async Task<(string Application, IReadOnlyList<JsonNode> Cases)> SubmitAsync(PermitWorld world, bool allOrNothing = false)
    {
        var (application, _) = await world.SubmitAsync(PermitWorld.ForThree(allOrNothing));
        (await world.ApproveAsync(application)).EnsureSuccessStatusCode();
        (await world.ApproveAsync(application, "dispensation")).EnsureSuccessStatusCode();
        var view = await (await world.Applicant.FetchAsync($"v1/applications/{application}")).JsonAsync();
        return (application, [.. view["cases"]!.AsArray().Select(handled => handled!)]);
    }

    private static async Task<HttpResponseMessage> DecideAsync(
        PermitWorld world,
        IReadOnlyList<JsonNode> cases,
        string authority,
        string outcome = "granted"
    )
    {
        var (officer, maker) = Officials(world, authority);
        var id = IdOf(cases, authority);
        (await officer.PostJsonAsync($"v1/cases/{id}/preparation", new { outcome, reasons = "Assessed." })).EnsureSuccessStatusCode();
        return await world.DecideAsync(id, outcome, by: maker);
    }

    private static string IdOf(IReadOnlyList<JsonNode> cases, string authority) =>
        (string)cases.Single(handled => (string?)handled["authority"] == authority)["id"]!;

    private static (HttpClient Officer, HttpClient Maker) Officials(PermitWorld world, string authority) =>
        (
            world.Host.As($"sub-{authority}-officer", ["case-officer"], "999000104", authority),
            world.Host.As($"sub-{authority}-maker", ["decision-maker"], "999000104", authority)
        );
}
