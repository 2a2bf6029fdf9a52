using System.Text.Json.Nodes;
using HealthDataNode.Permit.Domain.Authorities;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using Microsoft.Extensions.DependencyInjection;

namespace HealthDataNode.Services.Tests.Permit;

[Trait("Requirement", "NOR-10")]
public sealed class Deciding_by_several_authorities(PostgresFixture postgres)
{
    [Fact]
    public async Task Gives_each_authority_a_case_with_its_own_sources_and_clock()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, _, _) = await world.SubmitToBothAsync();
        var view = await (await world.Applicant.FetchAsync($"v1/applications/{application}")).JsonAsync();
        var cases = view["cases"]!.AsArray();
        Assert.Equal(["hdab", "hospitaltrust"], cases.Select(handled => (string)handled!["authority"]!));
        Assert.Equal(["cancer,death", "treatment"], cases.Select(handled => Names(handled!["sources"]!, "source")));
        Assert.All(cases, handled => Assert.Equal("T03", (string?)Assert.Single(handled!["clocks"]!.AsArray())!["rule"]));
        Assert.Equal("ethics,dispensation", Names(view["approvals"]!, "kind"));
        var submitted = Assert.Single(await world.EventsAsync("permit.application-submitted"));
        Assert.Equal(["hdab", "hospitaltrust"], submitted["authorities"]!.AsArray().Select(authority => (string)authority!));

        // One waits for the applicant, the other goes on.
        var ask = new { questions = new[] { new { field = "sources", comment = "Which drugs?" } } };
        (
            await world.TrustOfficer.PostJsonAsync($"v1/cases/{(string)cases[1]!["id"]!}/information-requests", ask)
        ).EnsureSuccessStatusCode();
        var asked = (await (await world.Applicant.FetchAsync($"v1/applications/{application}")).JsonAsync())["cases"]!.AsArray();
        Assert.Equal(["pre-screening", "awaiting-additional-information"], asked.Select(handled => (string)handled!["state"]!));
        Assert.NotNull(asked[0]!["clocks"]![0]!["dueAt"]);
        Assert.Null(asked[1]!["clocks"]![0]!["dueAt"]);
    }

    [Fact]
    public async Task Shows_officials_of_one_nothing_of_the_others_case()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, hdab, trust) = await world.SubmitToBothAsync();
        foreach (var (client, own, other) in new[] { (world.TrustOfficer, trust, hdab), (world.Officer, hdab, trust) })
        {
            Assert.Equal((404, "not-found"), await (await client.FetchAsync($"v1/cases/{other}")).ProblemAsync());
            object proposal = new { outcome = "granted", reasons = "x" };
            Assert.Equal((404, "not-found"), await (await client.PostJsonAsync($"v1/cases/{other}/preparation", proposal)).ProblemAsync());
            Assert.Equal(
                (404, "not-found"),
                await (await client.PostJsonAsync($"v1/cases/{other}/extension", new { reasons = "x" })).ProblemAsync()
            );
            var view = await (await client.FetchAsync($"v1/applications/{application}")).JsonAsync();
            Assert.Equal(own, (string?)Assert.Single(view["cases"]!.AsArray())!["id"]);
            Assert.DoesNotContain(other, view.ToJsonString(), StringComparison.Ordinal);
            Assert.Single((await (await client.FetchAsync("v1/cases")).JsonAsync())["items"]!.AsArray());
        }
        // The HDAB decides on the dispensation, which only the trust's source needs, and sees that too.
        var approvals = (await (await world.Maker.FetchAsync($"v1/applications/{application}")).JsonAsync())["approvals"]!;
        Assert.Equal("ethics,dispensation", Names(approvals, "kind"));
        // The committee has no case at all.
        var seen = await (await world.Committee.FetchAsync($"v1/applications/{application}")).JsonAsync();
        Assert.Empty(seen["cases"]!.AsArray());
        Assert.Equal("ethics", Names(seen["approvals"]!, "kind"));
        Assert.Equal((403, "forbidden"), await (await world.Committee.FetchAsync($"v1/cases/{hdab}")).ProblemAsync());
    }

    [Fact]
    public async Task Refuses_a_decision_by_another_authoritys_decision_maker()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (_, hdab, trust) = await world.SubmitToBothAsync();
        (
            await world.Officer.PostJsonAsync($"v1/cases/{hdab}/preparation", new { outcome = "granted", reasons = "x" })
        ).EnsureSuccessStatusCode();
        Assert.Equal(RefusalRow.Call("R42"), await (await world.DecideAsync(hdab, by: world.TrustMaker)).ProblemAsync());
        Assert.Equal(RefusalRow.Call("R42"), await (await world.DecideAsync(trust)).ProblemAsync());
        Assert.Empty(await world.EventsAsync("permit.case-decided"));
    }

    [Fact]
    public async Task Lets_no_act_of_the_other_make_stale_what_one_has_read()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, hdab, trust) = await world.SubmitToBothAsync();
        (
            await world.Officer.PostJsonAsync($"v1/cases/{hdab}/preparation", new { outcome = "granted", reasons = "x" })
        ).EnsureSuccessStatusCode();
        var read = await world.Maker.FetchAsync($"v1/cases/{hdab}");
        (await world.DecideAtTrustAsync(trust)).EnsureSuccessStatusCode();
        (await world.ApproveAsync(application)).EnsureSuccessStatusCode();
        var decision = PermitWorld.With(
            HttpMethod.Post,
            $"v1/cases/{hdab}/decision",
            new { outcome = "granted", reasons = "x" },
            "key",
            read.Headers.ETag!.Tag
        );
        (await world.Maker.ActAsync(decision)).EnsureSuccessStatusCode();
    }

    // The switch of 15 March 2023, in Norway's days: an hour before midnight UTC it is already the next day there.
    [Theory]
    [InlineData("cancer", "2023-03-14T22:59:59Z", "cancerregistry")]
    [InlineData("cancer", "2023-03-14T23:00:00Z", "hdab")]
    [InlineData("death", "2023-03-14T12:00:00Z", "deathregistry")]
    [InlineData("death", "2023-03-15T12:00:00Z", "hdab")]
    [InlineData("treatment", "2023-03-14T12:00:00Z", "hospitaltrust")]
    [InlineData("treatment", "2029-04-09T12:00:00Z", "hospitaltrust")]
    [InlineData("treatment", "2001-12-31T12:00:00Z", null)]
    [InlineData("unknown", "2029-04-09T12:00:00Z", null)]
    [Trait("Requirement", "NOR-11")]
    public void Follows_the_register_on_the_day_of_receipt(string source, string received, string? authority) =>
        Assert.Equal(
            authority,
            AuthorityRegister
                .Current.CompetentFor(source, DateTimeOffset.Parse(received, System.Globalization.CultureInfo.InvariantCulture))
                ?.Authority
        );

    [Fact]
    public void Has_a_register_in_which_no_day_of_a_source_belongs_to_two()
    {
        foreach (var source in AuthorityRegister.Current.Competences.GroupBy(competence => competence.Source))
        {
            var inOrder = source.OrderBy(competence => competence.From).ToList();
            Assert.All(inOrder.Zip(inOrder.Skip(1)), pair => Assert.True(pair.First.To < pair.Second.From));
            Assert.All(inOrder.SelectMany(competence => competence.Approvals), kind => AuthorityRegister.Current.Approval(kind));
        }
    }

    [Fact]
    public async Task Needs_somebody_competent_for_every_source()
    {
        var register = AuthorityRegister.Current with
        {
            Competences = [.. AuthorityRegister.Current.Competences.Where(competence => competence.Source != "death")],
        };
        await using var world = await PermitWorld.StartAsync(postgres, builder => builder.Services.AddSingleton(register));
        var id = await world.DraftAsync();
        var answer = await (await world.Applicant.FetchAsync($"v1/applications/{id}/completeness")).JsonAsync();
        Assert.Equal("sources[1].source", (string?)Assert.Single(answer["missing"]!.AsArray())!["field"]);
    }

    [Fact]
    [Trait("Invariant", "4")]
    [Trait("Article", "EHDS 71(3)")]
    public async Task Makes_the_next_version_of_one_permit_with_the_opt_out_list_of_each_decision()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, hdab, trust) = await world.SubmitToBothAsync();
        foreach (var kind in new[] { "ethics", "dispensation" })
        {
            (await world.ApproveAsync(application, kind)).EnsureSuccessStatusCode();
        }
        var lineage = (string)(await (await world.DecideAtHdabAsync(hdab)).JsonAsync())["permit"]!["lineage"]!;
        var first = await world.PermitAsync(lineage);
        Assert.Equal(["cancer", "death"], first.Payload.Sources.Select(source => source.Source));

        world.Time.Advance(TimeSpan.FromDays(9));
        world.Around.Declarations = 7;
        var answer = await (await world.DecideAtTrustAsync(trust)).JsonAsync();
        Assert.Equal((lineage, 2), ((string?)answer["permit"]!["lineage"], (int?)answer["permit"]!["version"]));
        var second = await world.PermitAsync(lineage);
        Assert.Equal(first.Digest, second.Payload.Previous);
        Assert.NotEqual(first.Payload.Id, second.Payload.Id);
        Assert.Equal(first.Payload.From, second.Payload.From);
        Assert.Equal(["cancer", "death", "treatment"], second.Payload.Sources.Select(source => source.Source));
        Assert.Equal("hospitaltrust", second.Payload.Sources[2].Holder);
        var start = PermitWorld.Start.ToUnixTimeSeconds();
        Assert.Equal(
            [new("hdab", start), new("hdab", start), new PermitDecision("hospitaltrust", start + (9 * 86400))],
            second.Payload.Sources.Select(source => source.Decision)
        );
        PermitOptOut Taken(long list) =>
            new(list, Neighbours.CommitmentTo(world.Around.Lists.Single(taken => taken.Value == list).Key, list));
        Assert.Equal([Taken(3), Taken(3), Taken(7)], second.Payload.Sources.Select(source => source.OptOut));
        // Verifiers follow from one to the other.
        var ledger = new LineageLedger();
        ledger.Accept(first);
        Assert.Equal(2, ledger.Accept(second).Version);
        Assert.Equal(
            ["cancer,death", "cancer,death,treatment"],
            (await world.EventsAsync("permit.permit-granted")).Select(granted =>
                string.Join(',', granted["sources"]!.AsArray().Select(s => (string)s!))
            )
        );
        // The public sees the newest one, and who decided on what.
        var permit = Assert.Single((await (await world.Host.Anonymous.FetchAsync("v1/permits")).JsonAsync())["items"]!.AsArray())!;
        Assert.Equal(2, (int?)permit["version"]);
        Assert.Equal("hdab,hdab,hospitaltrust", Names(permit["sources"]!, "authority"));
    }

    [Fact]
    public async Task Never_publishes_two_successors_when_they_decide_at_the_same_moment()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        for (var round = 0; round < 4; round++)
        {
            var (application, hdab, trust) = await world.SubmitToBothAsync();
            (await world.ApproveAsync(application)).EnsureSuccessStatusCode();
            (await world.ApproveAsync(application, "dispensation")).EnsureSuccessStatusCode();
            object proposal = new { outcome = "granted", reasons = "x" };
            (await world.Officer.PostJsonAsync($"v1/cases/{hdab}/preparation", proposal)).EnsureSuccessStatusCode();
            (await world.TrustOfficer.PostJsonAsync($"v1/cases/{trust}/preparation", proposal)).EnsureSuccessStatusCode();
            await Task.WhenAll(UntilDecidedAsync(world, hdab, world.Maker), UntilDecidedAsync(world, trust, world.TrustMaker));
        }
        var ledger = new LineageLedger();
        foreach (var granted in await world.EventsAsync("permit.permit-granted"))
        {
            ledger.Accept(world.Trust.Store().Verify<PermitDocument>((string)granted["document"]!));
        }
        Assert.Equal(8, (await world.EventsAsync("permit.permit-granted")).Count);
        Assert.Equal(8, (await world.QueryAsync("SELECT digest FROM permit.permits")).Count);
        Assert.Equal(4, (await world.QueryAsync("SELECT DISTINCT lineage FROM permit.permits")).Count);
    }

    [Fact]
    [Trait("Invariant", "4")]
    public async Task Changes_nothing_while_there_is_no_opt_out_list()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (_, id) = await world.PrepareAsync();
        world.Around.HasNoLists = true;
        Assert.Equal((503, "neighbour-away"), await (await world.DecideAsync(id, key: "same")).ProblemAsync());
        Assert.Empty(await world.EventsAsync("permit.case-decided"));
        // A refusal needs no list.
        var (_, other) = await world.PrepareAsync();
        (await world.DecideAsync(other, "refused")).EnsureSuccessStatusCode();
        world.Around.HasNoLists = false;
        (await world.DecideAsync(id, key: "same")).EnsureSuccessStatusCode();
        Assert.Single(world.Around.Lists);
    }

    [Fact]
    [Trait("Invariant", "4")]
    [Trait("Article", "EHDS 71(3)")]
    public async Task Decides_on_the_list_as_it_is_when_an_attempt_before_it_failed_behind_it()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (_, id) = await world.PrepareAsync();
        world.Around.LosesLists = true;
        Assert.Equal((503, "neighbour-away"), await (await world.DecideAsync(id)).ProblemAsync());
        var failed = Assert.Single(world.Around.Lists);
        Assert.Equal(3, failed.Value);

        // Somebody opts out; then the same is decided for good.
        world.Around.Declarations = 4;
        world.Around.LosesLists = false;
        var lineage = (string)(await (await world.DecideAsync(id)).JsonAsync())["permit"]!["lineage"]!;
        var taken = Assert.Single(world.Around.Lists, list => list.Key != failed.Key);
        Assert.InRange(taken.Key.Length, 1, 64);
        Assert.NotEqual(id, taken.Key);
        Assert.All(
            (await world.PermitAsync(lineage)).Payload.Sources,
            source => Assert.Equal(new PermitOptOut(4, Neighbours.CommitmentTo(taken.Key, 4)), source.OptOut)
        );
    }

    [Theory]
    [InlineData("granted", true)]
    [InlineData("refused", false)]
    public async Task Grants_all_or_nothing_where_the_applicant_chose_so(string trustSays, bool permitted)
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, hdab, trust) = await world.SubmitToBothAsync(allOrNothing: true);
        foreach (var kind in new[] { "ethics", "dispensation" })
        {
            (await world.ApproveAsync(application, kind)).EnsureSuccessStatusCode();
        }
        var first = await (await world.DecideAtHdabAsync(hdab)).JsonAsync();
        Assert.Null(first["permit"]);
        Assert.Equal("other-sources", (string?)first["case"]!["sources"]![0]!["waitsFor"]![0]);
        var answer = await (await world.DecideAtTrustAsync(trust, trustSays)).JsonAsync();
        Assert.Equal(
            permitted ? "cancer,death,treatment" : null,
            answer["permit"]?["sources"]?.AsArray() is { } all ? string.Join(',', all.Select(s => (string)s!)) : null
        );
        Assert.Equal(permitted ? 1 : 0, (await world.EventsAsync("permit.permit-granted")).Count);
    }

    [Fact]
    [Trait("Article", "EHDS 68(10)(g)")]
    [Trait("Article", "EHDS 62(5)")]
    public async Task Names_what_the_cases_of_its_sources_cost_by_the_rules_that_the_applicant_was_told()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var lineage = await GrantedByBothAsync(world);
        var told = (await (await world.Host.Anonymous.FetchAsync("v1/fee-rules")).JsonAsync())["version"];
        await world.TrustMaker.PostJsonAsync($"v1/permits/{lineage}/revocation", new { reasons = "x" });
        var entry = (await (await world.Host.Anonymous.FetchAsync($"v1/register?lineage={lineage}")).JsonAsync())["items"]![0]!;
        // The HDAB's case alone, then the trust's too; what was done costs also when its decision is taken back.
        Assert.Equal(
            [(20280L, "NOK", (string)told!), (30730L, "NOK", (string)told!), (30730L, "NOK", (string)told!)],
            entry["permits"]!
                .AsArray()
                .Select(version => version!["fee"]!)
                .Select(fee => ((long)fee["estimate"]!, (string)fee["currency"]!, (string)fee["rules"]!))
        );
        Assert.Equal(new PermitFee(30730, "NOK", (string)told!), (await world.PermitAsync(lineage)).Payload.Fee);
        var application = (string)entry["application"]!;
        var estimate = await (await world.Applicant.FetchAsync($"v1/applications/{application}/fee-estimate")).JsonAsync();
        Assert.Equal((30730L, (string?)told), ((long)estimate["total"]!, (string?)estimate["rules"]));
    }

    [Fact]
    [Trait("Article", "EHDS 63(3)")]
    public async Task Lets_each_take_its_own_decision_back_and_the_permit_end_with_the_last()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var lineage = await GrantedByBothAsync(world);
        var path = $"v1/permits/{lineage}/revocation";
        var body = new { reasons = "Breach of conditions." };
        Assert.Equal(
            (404, "not-found"),
            await (await world.Host.As("x", ["decision-maker"], "1", "rek").PostJsonAsync(path, body)).ProblemAsync()
        );
        // No neighbour is needed to end something.
        world.Around.Broken = true;
        var left = await (await world.TrustMaker.PostJsonAsync(path, body)).JsonAsync();
        Assert.Equal((3, null), ((int?)left["version"], (string?)left["revokedAt"]));
        var third = await world.PermitAsync(lineage);
        Assert.Equal(["cancer", "death"], third.Payload.Sources.Select(source => source.Source));
        Assert.Equal(2, (await world.EventsAsync("permit.permit-granted"))[^1]["sources"]!.AsArray().Count);
        // The holder whose source left may read that it did.
        var holder = world.Host.As("service-trust", ["data-holder"], party: "hospitaltrust");
        Assert.Equal(third.Text, await holder.TextAsync($"v1/permits/{lineage}/document"));
        Assert.Single(await world.EventsAsync("permit.decision-revoked"));
        Assert.Empty(await world.EventsAsync("permit.permit-revoked"));
        Assert.Equal((409, "already-revoked"), await (await world.TrustMaker.PostJsonAsync(path, body)).ProblemAsync());

        var ended = await (await world.Maker.PostJsonAsync(path, body)).JsonAsync();
        Assert.Equal(3, (int?)ended["version"]);
        Assert.NotNull(ended["revokedAt"]);
        Assert.Equal(3, (int?)Assert.Single(await world.EventsAsync("permit.permit-revoked"))["version"]);
        Assert.Empty((await (await world.Host.Anonymous.FetchAsync("v1/permits")).JsonAsync())["items"]!.AsArray());
    }

    [Fact]
    public async Task Brings_nothing_into_a_permit_that_has_ended()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, hdab, trust) = await world.SubmitToBothAsync();
        (await world.ApproveAsync(application)).EnsureSuccessStatusCode();
        var lineage = (string)(await (await world.DecideAtHdabAsync(hdab)).JsonAsync())["permit"]!["lineage"]!;
        var nothing = await world.TrustMaker.PostJsonAsync($"v1/permits/{lineage}/revocation", new { reasons = "x" });
        Assert.Equal((409, "nothing-granted"), await nothing.ProblemAsync());
        (await world.Maker.PostJsonAsync($"v1/permits/{lineage}/revocation", new { reasons = "x" })).EnsureSuccessStatusCode();
        (await world.ApproveAsync(application, "dispensation")).EnsureSuccessStatusCode();
        Assert.Equal((409, "permit-ended"), await (await world.DecideAtTrustAsync(trust)).ProblemAsync());
        (await world.DecideAsync(trust, "refused", by: world.TrustMaker)).EnsureSuccessStatusCode();
        Assert.Single(await world.EventsAsync("permit.permit-granted"));
    }

    // Whoever comes second is told so, reads again and repeats.
    private static async Task UntilDecidedAsync(PermitWorld world, string id, HttpClient maker)
    {
        for (var attempt = 0; attempt < 10; attempt++)
        {
            var answer = await world.DecideAsync(id, by: maker);
            if (answer.IsSuccessStatusCode)
            {
                return;
            }
            Assert.Equal((409, "stale"), await answer.ProblemAsync());
        }
        Assert.Fail("Ten times refused.");
    }

    private static async Task<string> GrantedByBothAsync(PermitWorld world)
    {
        var (application, hdab, trust) = await world.SubmitToBothAsync();
        (await world.ApproveAsync(application)).EnsureSuccessStatusCode();
        (await world.ApproveAsync(application, "dispensation")).EnsureSuccessStatusCode();
        (await world.DecideAtHdabAsync(hdab)).EnsureSuccessStatusCode();
        return (string)(await (await world.DecideAtTrustAsync(trust)).JsonAsync())["permit"]!["lineage"]!;
    }

    private static string Names(JsonNode items, string member) => string.Join(',', items.AsArray().Select(item => (string)item![member]!));
}
