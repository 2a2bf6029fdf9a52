using System.Text.Json.Nodes;

namespace HealthDataNode.Services.Tests.Permit;

public sealed class Correcting_under_review(PostgresFixture postgres)
{
    [Fact]
    public async Task Refuses_a_decision_on_what_was_read_before()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, hdab, trust) = await world.SubmitToBothAsync();
        // Nobody changes it unasked.
        Assert.Equal(
            (409, "already-submitted"),
            await (await world.Applicant.PutJsonAsync($"v1/applications/{application}", PermitWorld.ForThree())).ProblemAsync()
        );
        (
            await world.Officer.PostJsonAsync($"v1/cases/{hdab}/preparation", new { outcome = "granted", reasons = "x" })
        ).EnsureSuccessStatusCode();
        var read = await world.Maker.FetchAsync($"v1/cases/{hdab}");
        await AskAsync(world.TrustOfficer, trust);
        var content = PermitWorld.ForThree();
        content["title"] = "Another title";
        (await AnswerAsync(world, application, content)).EnsureSuccessStatusCode();

        var decision = PermitWorld.With(
            HttpMethod.Post,
            $"v1/cases/{hdab}/decision",
            new { outcome = "granted", reasons = "x" },
            "key",
            read.Headers.ETag!.Tag
        );
        Assert.Equal(RefusalRow.Call("R44"), await (await world.Maker.ActAsync(decision)).ProblemAsync());
        // And what was prepared was prepared on another application.
        Assert.Equal("processing", (string?)(await (await world.Maker.FetchAsync($"v1/cases/{hdab}")).JsonAsync())["state"]);
        Assert.Equal((409, "not-prepared"), await (await world.DecideAsync(hdab)).ProblemAsync());
    }

    [Fact]
    public async Task Leaves_alone_what_somebody_decided_on()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, hdab, trust) = await world.SubmitToBothAsync();
        (await world.DecideAtHdabAsync(hdab)).EnsureSuccessStatusCode();
        await AskAsync(world.TrustOfficer, trust);
        Action<JsonObject>[] refused =
        [
            content => content["title"] = "Another title",
            content => content["sources"]![0]!["expectedPersons"] = 5000,
            content => content["sources"]!.AsArray().RemoveAt(2),
        ];
        foreach (var change in refused)
        {
            var changed = PermitWorld.ForThree();
            change(changed);
            Assert.Equal((409, "decided-on"), await (await AnswerAsync(world, application, changed)).ProblemAsync());
        }
        // Its own source is still open.
        var own = PermitWorld.ForThree();
        own["sources"]![2]!["expectedPersons"] = 300;
        var answered = await (await AnswerAsync(world, application, own)).JsonAsync();
        Assert.Equal(330, (long?)answered["cases"]![1]!["sources"]![0]!["identifierBudget"]);
        Assert.Equal("decided", (string?)answered["cases"]![0]!["state"]);
        // With the answer comes a new estimate (62(5)), which is told like the first one.
        var told = await world.EventsAsync("permit.fee-estimated");
        Assert.Equal(2, told.Count);
        Assert.Equal(((int?)answered["version"], 30730), ((int?)told[^1]["version"], (int?)told[^1]["total"]));
    }

    [Fact]
    public async Task Answers_each_authority_on_its_own()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, hdab, trust) = await world.SubmitToBothAsync();
        await AskAsync(world.Officer, hdab);
        await AskAsync(world.TrustOfficer, trust);
        var path = $"v1/applications/{application}/information";
        Assert.Equal((409, "several-asked"), await (await world.Applicant.PostJsonAsync(path, new { answer = "x" })).ProblemAsync());
        var answered = await (await world.Applicant.PostJsonAsync(path, new { answer = "Statins.", @case = trust })).JsonAsync();
        Assert.Equal(
            ["awaiting-additional-information", "processing"],
            answered["cases"]!.AsArray().Select(handled => (string)handled!["state"]!)
        );
        // Nobody else sees what was answered.
        var seen = await (await world.Officer.FetchAsync($"v1/applications/{application}")).JsonAsync();
        Assert.DoesNotContain("Statins.", seen.ToJsonString(), StringComparison.Ordinal);
    }

    private static async Task AskAsync(HttpClient officer, string id) =>
        (
            await officer.PostJsonAsync(
                $"v1/cases/{id}/information-requests",
                new { questions = new[] { new { field = "sources", comment = "Which drugs?" } } }
            )
        ).EnsureSuccessStatusCode();

    private static Task<HttpResponseMessage> AnswerAsync(PermitWorld world, string application, JsonObject content) =>
        world.Applicant.PostJsonAsync($"v1/applications/{application}/information", new { answer = "Corrected.", content });
}
