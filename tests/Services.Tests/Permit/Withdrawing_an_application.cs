using System.Text.Json.Nodes;

namespace HealthDataNode.Services.Tests.Permit;

[Trait("Article", "EHDS 62(5)")]
[Trait("Requirement", "DAAMS-035")]
public sealed class Withdrawing_an_application(PostgresFixture postgres)
{
    [Fact]
    public async Task Ends_every_open_case_and_stops_its_clock()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, hdab, trust) = await world.SubmitToBothAsync();
        object ask = new { questions = new[] { new { field = "title", comment = "Which treatment?" } } };
        (await world.TrustOfficer.PostJsonAsync($"v1/cases/{trust}/information-requests", ask)).EnsureSuccessStatusCode();
        (
            await world.Officer.PostJsonAsync($"v1/cases/{hdab}/preparation", new { outcome = "granted", reasons = "x" })
        ).EnsureSuccessStatusCode();
        var read = (await world.Maker.FetchAsync($"v1/cases/{hdab}")).Headers.ETag!.Tag;
        world.Time.Advance(TimeSpan.FromDays(2));
        var view = await (await world.WithdrawAsync(application)).JsonAsync();
        Assert.Equal(("withdrawn", "2029-04-11T08:00:00+00:00"), ((string?)view["state"], (string?)view["withdrawnAt"]));
        Assert.All(
            view["cases"]!.AsArray(),
            one =>
            {
                Assert.Equal("withdrawn", (string?)one!["state"]);
                Assert.All(one["clocks"]!.AsArray(), clock => Assert.Equal("2029-04-11T08:00:00+00:00", (string?)clock!["ended"]));
                Assert.All(one["sources"]!.AsArray(), source => Assert.Empty(source!["waitsFor"]!.AsArray()));
            }
        );
        // Whoever has it before them sees it, and can do nothing more about it.
        Assert.Equal("withdrawn", (string?)(await (await world.TrustOfficer.FetchAsync($"v1/cases/{trust}")).JsonAsync())["state"]);
        Assert.Single((await (await world.Officer.FetchAsync("v1/cases?state=Withdrawn")).JsonAsync())["items"]!.AsArray());
        var seen = await (await world.Committee.FetchAsync($"v1/applications/{application}")).JsonAsync();
        Assert.NotNull(seen["approvals"]![0]!["withdrawnAt"]);
        object decision = new { outcome = "granted", reasons = "x" };
        var stale = PermitWorld.With(HttpMethod.Post, $"v1/cases/{hdab}/decision", decision, "key", read);
        Assert.Equal((412, "stale"), await (await world.Maker.ActAsync(stale)).ProblemAsync());
        Assert.Equal(RefusalRow.Call("R94"), await (await world.DecideAsync(hdab)).ProblemAsync());
        Assert.Equal((409, "withdrawn"), await (await world.ApproveAsync(application)).ProblemAsync());
        foreach (
            var (act, body) in new[] { ("preparation", decision), ("extension", new { reasons = "x" }), ("information-requests", ask) }
        )
        {
            Assert.Equal((409, "withdrawn"), await (await world.Officer.PostJsonAsync($"v1/cases/{hdab}/{act}", body)).ProblemAsync());
        }
        var answer = await world.Applicant.PostJsonAsync($"v1/applications/{application}/information", new { answer = "Surgery." });
        Assert.Equal((409, "no-information-requested"), await answer.ProblemAsync());
        Assert.Equal((409, "already-withdrawn"), await (await world.WithdrawAsync(application)).ProblemAsync());
        Assert.Empty(await world.EventsAsync("permit.case-decided"));
    }

    [Fact]
    public async Task Is_done_once_on_what_was_read()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, hdab) = await world.SubmitAsync();
        var path = $"v1/applications/{application}/withdrawal";
        var read = (await world.Applicant.FetchAsync($"v1/applications/{application}")).Headers.ETag!.Tag;
        (await world.ApproveAsync(application)).EnsureSuccessStatusCode();
        Assert.Equal((412, "stale"), await (await SendAsync("a", read)).ProblemAsync());
        Assert.Equal((428, "if-match-missing"), await (await SendAsync("b", null)).ProblemAsync());
        Assert.Equal(400, (await (await SendAsync(null, "*")).ProblemAsync()).Status);
        read = (await world.Applicant.FetchAsync($"v1/applications/{application}")).Headers.ETag!.Tag;
        var first = await (await SendAsync("c", read)).TextAsync();
        Assert.Equal(first, await (await SendAsync("c", read)).TextAsync());
        var told = Assert.Single(await world.EventsAsync("permit.application-withdrawn"));
        Assert.Equal((application, PermitWorld.Nora), ((string?)told["application"], (string?)told["sub"]));
        Assert.Equal(hdab, (string?)Assert.Single(told["cases"]!.AsArray()));

        Task<HttpResponseMessage> SendAsync(string? key, string? tag) =>
            world.Applicant.ActAsync(PermitWorld.With(HttpMethod.Post, path, null, key, tag));
    }

    [Fact]
    public async Task Tells_nobody_else_that_there_is_one()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, _) = await world.SubmitAsync();
        var draft = await world.DraftAsync();
        var never = Guid.NewGuid().ToString();
        foreach (var other in new[] { world.Colleague, world.Host.As("sub-both", ["data-user", "case-officer"], "999000001", "hdab") })
        {
            var answers = await Task.WhenAll(
                new[] { application, draft, never }.Select(async id =>
                    (
                        await (
                            await other.ActAsync(
                                PermitWorld.With(HttpMethod.Post, $"v1/applications/{id}/withdrawal", null, Guid.NewGuid().ToString(), "*")
                            )
                        ).ProblemAsync()
                    )
                )
            );
            Assert.All(answers, answer => Assert.Equal(RefusalRow.Call("R93"), answer));
        }
        var official = PermitWorld.With(HttpMethod.Post, $"v1/applications/{application}/withdrawal", null, "key", "*");
        Assert.Equal((403, "forbidden"), await (await world.Officer.ActAsync(official)).ProblemAsync());
        Assert.Equal((409, "not-submitted"), await (await world.WithdrawAsync(draft)).ProblemAsync());
        Assert.Empty(await world.EventsAsync("permit.application-withdrawn"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Leaves_what_was_granted_unless_all_or_nothing_was_chosen(bool allOrNothing)
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, hdab, _) = await world.SubmitToBothAsync(allOrNothing);
        Assert.Null((await (await world.DecideAtHdabAsync(hdab)).JsonAsync())["permit"]);
        var view = await (await world.WithdrawAsync(application)).JsonAsync();
        Assert.Equal(allOrNothing ? "withdrawn" : "decision-issued", (string?)view["state"]);
        Assert.Equal(
            allOrNothing ? ["withdrawn", "withdrawn"] : ["decided", "withdrawn"],
            view["cases"]!.AsArray().Select(one => (string)one!["state"]!)
        );
        // The granted one still waits for its approval, which the other one alone would not need any more.
        var approved = await world.ApproveAsync(application);
        Assert.Equal((409, "withdrawn"), await (await world.ApproveAsync(application, "dispensation")).ProblemAsync());
        if (allOrNothing)
        {
            Assert.Equal((409, "withdrawn"), await approved.ProblemAsync());
            Assert.Empty(await world.EventsAsync("permit.permit-granted"));
            var back = await world.Maker.PostJsonAsync($"v1/cases/{hdab}/revocation", new { reasons = "x" });
            Assert.Equal((409, "nothing-granted"), await back.ProblemAsync());
        }
        else
        {
            var lineage = (string)(await approved.JsonAsync())["permit"]!["lineage"]!;
            Assert.Equal(["cancer", "death"], (await world.PermitAsync(lineage)).Payload.Sources.Select(source => source.Source));
            Assert.Equal((409, "already-decided"), await (await world.WithdrawAsync(application)).ProblemAsync());
        }
    }

    [Fact]
    public async Task Leaves_a_permit_in_force_as_it_is()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, hdab, trust) = await world.SubmitToBothAsync();
        (await world.ApproveAsync(application)).EnsureSuccessStatusCode();
        var lineage = (string)(await (await world.DecideAtHdabAsync(hdab)).JsonAsync())["permit"]!["lineage"]!;
        var before = (await world.PermitAsync(lineage)).Digest;
        (await world.WithdrawAsync(application)).EnsureSuccessStatusCode();
        Assert.Equal(before, (await world.PermitAsync(lineage)).Digest);
        Assert.Equal((409, "withdrawn"), await (await world.DecideAsync(trust, by: world.TrustMaker)).ProblemAsync());
        Assert.Empty(await world.EventsAsync("permit.permit-revoked"));
    }

    [Fact]
    [Trait("Article", "EHDS 57(1)(j)")]
    public async Task Stands_in_the_public_register_and_gives_no_reasons()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, hdab, _) = await world.SubmitToBothAsync();
        (await world.DecideAtHdabAsync(hdab, "refused")).EnsureSuccessStatusCode();
        world.Time.Advance(TimeSpan.FromHours(1));
        (await world.WithdrawAsync(application)).EnsureSuccessStatusCode();
        var register = (await (await world.Host.Anonymous.FetchAsync("v1/register")).JsonAsync())["items"]!.AsArray();
        var entry = Assert.Single(register)!;
        Assert.Equal("2029-04-09T09:00:00+00:00", (string?)entry["withdrawnAt"]);
        // Withdrawn is an outcome of its own, never a refusal; the refusal before it stays one.
        Assert.Equal(
            [("refused", (string?)null), (null, "2029-04-09T09:00:00+00:00")],
            entry["cases"]!.AsArray().Select(one => ((string?)one!["decision"]?["outcome"], (string?)one["withdrawnAt"]))
        );
        Assert.All(entry["approvals"]!.AsArray(), approval => Assert.NotNull(approval!["withdrawnAt"]));
        Assert.DoesNotContain("sub-", entry.ToJsonString(), StringComparison.Ordinal);
        Assert.Single((await (await world.Host.Anonymous.FetchAsync("v1/decisions")).JsonAsync())["items"]!.AsArray());
    }
}
