using System.Text.Json.Nodes;

namespace HealthDataNode.Services.Tests.Permit;

[Trait("Invariant", "13")]
[Trait("Requirement", "NOR-13")]
public sealed class Taking_an_approval_back(PostgresFixture postgres)
{
    [Fact]
    public async Task Keeps_out_what_has_not_entered_a_permit_yet()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, hdab, trust) = await world.SubmitToBothAsync();
        (await world.ApproveAsync(application)).EnsureSuccessStatusCode();
        var revoked = await (await world.RevokeApprovalAsync(application)).JsonAsync();
        Assert.Equal("New facts.", (string?)revoked["approval"]!["revocation"]!["reasons"]);
        Assert.Null(Assert.Single(await world.EventsAsync("permit.approval-revoked"))["lineage"]);
        Assert.Null((await (await world.DecideAtHdabAsync(hdab)).JsonAsync())["permit"]);
        Assert.Null((await (await world.DecideAtTrustAsync(trust)).JsonAsync())["permit"]);
        Assert.Null((await (await world.ApproveAsync(application, "dispensation")).JsonAsync())["permit"]);
        Assert.Empty(await world.EventsAsync("permit.permit-granted"));
        var view = await (await world.Applicant.FetchAsync($"v1/applications/{application}")).JsonAsync();
        Assert.All(
            view["cases"]!.AsArray().SelectMany(handled => handled!["sources"]!.AsArray()),
            source => Assert.Equal("ethics", (string?)Assert.Single(source!["waitsFor"]!.AsArray()))
        );
        Assert.DoesNotContain("sub-ethics", view.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Article", "EHDS 63(3)")]
    public async Task Takes_what_needs_it_out_of_the_permit()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, lineage) = await GrantedByBothAsync(world);
        // No neighbour is needed to end something.
        world.Around.Broken = true;
        var revoked = await (await world.RevokeApprovalAsync(application, "dispensation")).JsonAsync();
        Assert.Equal((3, null), ((int?)revoked["permit"]!["version"], (string?)revoked["permit"]!["revokedAt"]));
        Assert.Equal(["cancer", "death"], (await world.PermitAsync(lineage)).Payload.Sources.Select(source => source.Source));
        Assert.Equal(lineage, (string?)Assert.Single(await world.EventsAsync("permit.approval-revoked"))["lineage"]);
        Assert.Equal(2, (await world.EventsAsync("permit.permit-granted"))[^1]["sources"]!.AsArray().Count);
        Assert.Empty(await world.EventsAsync("permit.permit-revoked"));
        // The trust's decision stands, and its source waits again.
        var trust = await (await world.TrustOfficer.FetchAsync($"v1/applications/{application}")).JsonAsync();
        Assert.Equal("dispensation", (string?)Assert.Single(trust["cases"]![0]!["sources"]![0]!["waitsFor"]!.AsArray()));
        var entry = (await (await world.Host.Anonymous.FetchAsync("v1/register")).JsonAsync())["items"]![0]!;
        var published = entry["approvals"]!.AsArray().Single(approval => (string?)approval!["kind"] == "dispensation")!;
        Assert.Equal("New facts.", (string?)published["revocation"]!["reasons"]);
    }

    [Fact]
    [Trait("Article", "EHDS 63(3)")]
    [Trait("Invariant", "10")]
    public async Task Ends_the_permit_where_every_source_needs_it()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, lineage) = await GrantedByBothAsync(world);
        var revoked = await (await world.RevokeApprovalAsync(application)).JsonAsync();
        Assert.NotNull(revoked["permit"]!["revokedAt"]);
        Assert.Equal(
            (lineage, "sub-ethics"),
            Assert.Single((await world.EventsAsync("permit.permit-revoked")).Select(one => ((string?)one["lineage"], (string?)one["sub"])))
        );
        // Nothing is left to end; what else was given can still be taken back, on paper.
        Assert.Equal((409, "already-revoked"), await (await world.RevokeApprovalAsync(application)).ProblemAsync());
        (await world.RevokeApprovalAsync(application, "dispensation")).EnsureSuccessStatusCode();
        Assert.Single(await world.EventsAsync("permit.permit-revoked"));
        Assert.Equal(2, (await world.EventsAsync("permit.permit-granted")).Count);
    }

    [Fact]
    public async Task Is_for_nobody_but_who_gave_it()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, _, _) = await world.SubmitToBothAsync();
        Assert.Equal((409, "nothing-granted"), await (await world.RevokeApprovalAsync(application)).ProblemAsync());
        (await world.ApproveAsync(application)).EnsureSuccessStatusCode();
        (await world.ApproveAsync(application, "dispensation", "refused")).EnsureSuccessStatusCode();
        (string Kind, HttpClient By, int Status, string Type)[] refused =
        [
            ("ethics", world.Host.As("x", ["decision-maker"], "999000501", "rek"), 404, "not-found"),
            ("ethics", world.Applicant, 403, "forbidden"),
            ("ethics", world.Host.As(PermitWorld.Nora, ["ethics-committee"], "999000501", "rek"), 403, "conflict-of-interest"),
            ("dispensation", world.TrustMaker, 404, "not-found"),
            ("dispensation", world.Maker, 409, "nothing-granted"),
            ("curiosity", world.Committee, 404, "not-found"),
        ];
        Assert.Equal(RefusalRow.Call("R95"), await (await world.RevokeApprovalAsync(application, by: world.Maker)).ProblemAsync());
        foreach (var (kind, by, status, type) in refused)
        {
            Assert.Equal((status, type), await (await world.RevokeApprovalAsync(application, kind, by)).ProblemAsync());
        }
        var path = $"v1/applications/{application}/approvals/ethics/revocation";
        Assert.Equal((400, "invalid-request"), await (await world.Committee.PostJsonAsync(path, new { reasons = "" })).ProblemAsync());
        Assert.Empty(await world.EventsAsync("permit.approval-revoked"));
    }

    private static async Task<(string Application, string Lineage)> GrantedByBothAsync(PermitWorld world)
    {
        var (application, hdab, trust) = await world.SubmitToBothAsync();
        (await world.ApproveAsync(application)).EnsureSuccessStatusCode();
        (await world.ApproveAsync(application, "dispensation")).EnsureSuccessStatusCode();
        (await world.DecideAtHdabAsync(hdab)).EnsureSuccessStatusCode();
        return (application, (string)(await (await world.DecideAtTrustAsync(trust)).JsonAsync())["permit"]!["lineage"]!);
    }
}
