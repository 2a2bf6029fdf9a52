using System.Text.Json.Nodes;

namespace HealthDataNode.Services.Tests.Permit;

[Trait("Invariant", "13")]
[Trait("Requirement", "NOR-13")]
public sealed class Approving_beside_a_case(PostgresFixture postgres)
{
    [Fact]
    public async Task Lets_a_source_in_at_whichever_comes_last()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, hdab, trust) = await world.SubmitToBothAsync();
        // Both cases are granted, the committee is not done: no permit, no order, no list.
        Assert.Null((await (await world.DecideAtHdabAsync(hdab)).JsonAsync())["permit"]);
        Assert.Null((await (await world.DecideAtTrustAsync(trust)).JsonAsync())["permit"]);
        Assert.Empty(await world.EventsAsync("permit.permit-granted"));
        Assert.Empty(world.Around.Lists);
        Assert.Equal(["ethics", "ethics", "ethics,dispensation"], await WaitsForAsync(world, application));

        // Who opts out while the committee deliberates stays out.
        world.Around.Declarations = 5;
        var first = await (await world.ApproveAsync(application)).JsonAsync();
        Assert.Equal(["cancer", "death"], first["permit"]!["sources"]!.AsArray().Select(source => (string)source!));
        var lineage = (string)first["permit"]!["lineage"]!;
        Assert.All((await world.PermitAsync(lineage)).Payload.Sources, source => Assert.Equal(5, source.OptOut.List));

        Assert.Equal(["", "", "dispensation"], await WaitsForAsync(world, application));
        var second = await (await world.ApproveAsync(application, "dispensation")).JsonAsync();
        Assert.Equal((lineage, 2), ((string?)second["permit"]!["lineage"], (int?)second["permit"]!["version"]));
        Assert.Equal("treatment", (string?)second["permit"]!["sources"]![2]);
        Assert.Equal(
            [("ethics", lineage), ("dispensation", lineage)],
            (await world.EventsAsync("permit.approval-decided")).Select(decided => ((string)decided["kind"]!, (string?)decided["lineage"]))
        );
    }

    [Fact]
    [Trait("Requirement", "NOR-12")]
    public async Task Keeps_a_source_out_for_good_when_refused()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, hdab, trust) = await world.SubmitToBothAsync();
        (await world.ApproveAsync(application)).EnsureSuccessStatusCode();
        (await world.ApproveAsync(application, "dispensation", "refused")).EnsureSuccessStatusCode();
        (await world.DecideAtTrustAsync(trust)).EnsureSuccessStatusCode();
        Assert.Empty(await world.EventsAsync("permit.permit-granted"));
        var lineage = (string)(await (await world.DecideAtHdabAsync(hdab)).JsonAsync())["permit"]!["lineage"]!;
        Assert.Equal(["cancer", "death"], (await world.PermitAsync(lineage)).Payload.Sources.Select(source => source.Source));
        // The trust may still take back what never entered; the permit is as it was.
        var left = await (await world.TrustMaker.PostJsonAsync($"v1/permits/{lineage}/revocation", new { reasons = "x" })).JsonAsync();
        Assert.Equal(1, (int?)left["version"]);
    }

    [Fact]
    public async Task Refuses_an_approval_by_anybody_but_its_authority()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, _, _) = await world.SubmitToBothAsync();
        (string Kind, HttpClient By, int Status, string Type)[] refused =
        [
            ("ethics", world.Host.As("x", ["decision-maker"], "999000501", "rek"), 404, "not-found"),
            ("ethics", world.Host.As("x", ["ethics-committee"], "999000501"), 404, "not-found"),
            ("ethics", world.Applicant, 403, "forbidden"),
            ("dispensation", world.Committee, 404, "not-found"),
            ("dispensation", world.TrustMaker, 404, "not-found"),
            ("dispensation", world.Officer, 403, "forbidden"),
            ("curiosity", world.Committee, 404, "not-found"),
            ("ethics", world.Host.As(PermitWorld.Nora, ["ethics-committee"], "999000501", "rek"), 403, "conflict-of-interest"),
        ];
        Assert.Equal(RefusalRow.Call("R48"), await (await world.ApproveAsync(application, by: world.Maker)).ProblemAsync());
        foreach (var (kind, by, status, type) in refused)
        {
            Assert.Equal((status, type), await (await world.ApproveAsync(application, kind, by: by)).ProblemAsync());
        }
        Assert.Empty(await world.EventsAsync("permit.approval-decided"));
    }

    [Fact]
    [Trait("Article", "EHDS 63(3)")]
    public async Task Comes_too_late_for_a_permit_that_has_ended()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, hdab, trust) = await world.SubmitToBothAsync();
        (await world.ApproveAsync(application)).EnsureSuccessStatusCode();
        var lineage = (string)(await (await world.DecideAtHdabAsync(hdab)).JsonAsync())["permit"]!["lineage"]!;
        (await world.DecideAtTrustAsync(trust)).EnsureSuccessStatusCode();
        Assert.Equal(["", "", "dispensation"], await WaitsForAsync(world, application));
        (await world.Maker.PostJsonAsync($"v1/permits/{lineage}/revocation", new { reasons = "New facts." })).EnsureSuccessStatusCode();
        Assert.Equal(["", "", "permit-ended"], await WaitsForAsync(world, application));
        (await world.ApproveAsync(application, "dispensation")).EnsureSuccessStatusCode();
        Assert.Equal(["", "", "permit-ended"], await WaitsForAsync(world, application));
        Assert.Single(await world.EventsAsync("permit.permit-granted"));
    }

    [Fact]
    public async Task Is_of_the_application_as_it_was_read()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, id) = await world.SubmitAsync();
        var read = (await world.Committee.FetchAsync($"v1/applications/{application}")).Headers.ETag!.Tag;
        // It is corrected after the committee has read it.
        object asked = new { questions = new[] { new { field = "title", comment = "More exactly?" } } };
        (await world.Officer.PostJsonAsync($"v1/cases/{id}/information-requests", asked)).EnsureSuccessStatusCode();
        var corrected = PermitWorld.Complete();
        corrected["title"] = "Another study";
        (
            await world.Applicant.PostJsonAsync(
                $"v1/applications/{application}/information",
                new { answer = "Corrected.", content = corrected }
            )
        ).EnsureSuccessStatusCode();
        Assert.Equal(RefusalRow.Call("R90"), await (await SendAsync(read)).ProblemAsync());
        Assert.Equal((428, "if-match-missing"), await (await SendAsync(null)).ProblemAsync());
        Assert.Empty(await world.EventsAsync("permit.approval-decided"));
        (await world.ApproveAsync(application)).EnsureSuccessStatusCode();

        Task<HttpResponseMessage> SendAsync(string? tag) =>
            world.Committee.ActAsync(
                PermitWorld.With(
                    HttpMethod.Post,
                    $"v1/applications/{application}/approvals/ethics",
                    new { outcome = "granted", reasons = "Sound." },
                    Guid.NewGuid().ToString(),
                    tag
                )
            );
    }

    [Fact]
    [Trait("Article", "EHDS 63(3)")]
    public async Task Comes_too_late_for_a_decision_that_was_taken_back()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, hdab, _) = await world.SubmitToBothAsync();
        Assert.Null((await (await world.DecideAtHdabAsync(hdab)).JsonAsync())["permit"]);
        var path = $"v1/cases/{hdab}/revocation";
        object why = new { reasons = "The purpose fell away." };
        Assert.Equal((404, "not-found"), await (await world.TrustMaker.PostJsonAsync(path, why)).ProblemAsync());
        Assert.Equal((403, "forbidden"), await (await world.Officer.PostJsonAsync(path, why)).ProblemAsync());
        Assert.Equal((400, "invalid-request"), await (await world.Maker.PostJsonAsync(path, new { reasons = "" })).ProblemAsync());
        var view = await (await world.Maker.PostJsonAsync(path, why)).JsonAsync();
        Assert.Equal("The purpose fell away.", (string?)view["revocation"]!["reasons"]);
        Assert.Equal((409, "already-revoked"), await (await world.Maker.PostJsonAsync(path, why)).ProblemAsync());
        Assert.Null(Assert.Single(await world.EventsAsync("permit.decision-revoked"))["lineage"]);
        Assert.Null((await (await world.ApproveAsync(application)).JsonAsync())["permit"]);
        Assert.Empty(await world.EventsAsync("permit.permit-granted"));
    }

    [Fact]
    public async Task Happens_once()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, _) = await world.SubmitAsync();
        var first = await (await world.ApproveAsync(application, key: "a")).TextAsync();
        Assert.Equal(first, await (await world.ApproveAsync(application, key: "a")).TextAsync());
        Assert.Equal((409, "already-decided"), await (await world.ApproveAsync(application, outcome: "refused")).ProblemAsync());
        // Two sources of registers need no dispensation.
        Assert.Equal((404, "not-found"), await (await world.ApproveAsync(application, "dispensation")).ProblemAsync());
        var draft = await world.DraftAsync();
        Assert.Equal((404, "not-found"), await (await world.ApproveAsync(draft)).ProblemAsync());
        var view = await (await world.Applicant.FetchAsync($"v1/applications/{application}")).JsonAsync();
        Assert.Equal("As assessed.", (string?)view["approvals"]![0]!["decision"]!["reasons"]);
        Assert.DoesNotContain("sub-ethics", view.ToJsonString(), StringComparison.Ordinal);
    }

    // Per source, what it still needs, as the applicant sees it.
    private static async Task<IEnumerable<string>> WaitsForAsync(PermitWorld world, string application)
    {
        var view = await (await world.Applicant.FetchAsync($"v1/applications/{application}")).JsonAsync();
        return view["cases"]!
            .AsArray()
            .SelectMany(handled => handled!["sources"]!.AsArray())
            .Select(source => string.Join(',', source!["waitsFor"]!.AsArray().Select(what => (string)what!)));
    }
}
