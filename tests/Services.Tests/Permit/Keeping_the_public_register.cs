using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;

namespace HealthDataNode.Services.Tests.Permit;

public sealed class Keeping_the_public_register(PostgresFixture postgres)
{
    private static readonly string[] Course =
    [
        "pre-screening",
        "awaiting-additional-information",
        "processing",
        "prepared",
        "decided",
        "withdrawn",
    ];

    private const string Header = "authority,stage,ended,open,days,mean,median,longest";

    [Fact]
    [Trait("Invariant", "9")]
    [Trait("Article", "EHDS 57(1)(j)")]
    public async Task Shows_applications_decisions_permits_and_their_end_and_no_person()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        await world.DraftAsync();
        var (application, hdab, trust) = await world.SubmitToBothAsync();
        (await world.ApproveAsync(application)).EnsureSuccessStatusCode();
        (await world.ApproveAsync(application, "dispensation", "refused")).EnsureSuccessStatusCode();
        var lineage = (string)(await (await world.DecideAtHdabAsync(hdab)).JsonAsync())["permit"]!["lineage"]!;

        // A draft is nobody's business; the trust has not decided, and nothing is said of how far it is.
        var entry = Assert.Single((await RegisterAsync(world)).AsArray())!;
        Assert.Equal(
            (application, "submitted", "999000301"),
            ((string)entry["application"]!, (string)entry["state"]!, (string)entry["organisation"]!)
        );
        Assert.Equal("Decided as proposed.", (string?)entry["cases"]![0]!["decision"]!["reasons"]);
        Assert.Null(entry["cases"]![1]!["decision"]);
        Assert.Equal(
            ["granted", "refused"],
            entry["approvals"]!
                .AsArray()
                .OrderBy(a => (string)a!["kind"]! == "ethics" ? 0 : 1)
                .Select(a => (string)a!["decision"]!["outcome"]!)
        );
        Assert.Equal(lineage, (string?)entry["lineage"]);
        Assert.Null(entry["revokedAt"]);
        Assert.Single((await RegisterAsync(world, $"?lineage={lineage}")).AsArray());
        Assert.Empty((await RegisterAsync(world, "?lineage=l-0000000000000000")).AsArray());
        world.Time.Advance(TimeSpan.FromSeconds(1));
        var (newest, _) = await world.SubmitAsync();
        Assert.Equal([newest, application], (await RegisterAsync(world)).AsArray().Select(one => (string)one!["application"]!));
        Assert.Equal(application, (string?)Assert.Single((await RegisterAsync(world, $"?after={newest}")).AsArray())!["application"]);

        (await world.DecideAtTrustAsync(trust, "refused")).EnsureSuccessStatusCode();
        (
            await world.Maker.PostJsonAsync($"v1/permits/{lineage}/revocation", new { reasons = "Breach of conditions." })
        ).EnsureSuccessStatusCode();
        await world.EndAsync(lineage);
        entry = Assert.Single((await RegisterAsync(world, $"?lineage={lineage}")).AsArray())!;
        Assert.Equal("refused", (string?)entry["cases"]![1]!["decision"]!["outcome"]);
        Assert.Equal("Breach of conditions.", (string?)entry["cases"]![0]!["revocation"]!["reasons"]);
        Assert.Equal(
            ["cancer", "death"],
            Assert.Single(entry["permits"]!.AsArray())!["sources"]!.AsArray().Select(source => (string)source!)
        );
        Assert.Equal("2029-04-09T08:00:01+00:00", (string?)entry["revokedAt"]);
        Assert.Equal("2029-04-09T08:00:01+00:00", (string?)entry["deletedAt"]);
        Assert.Equal("2029-04-09T08:01:01+00:00", (string?)entry["shreddedAt"]);
        Assert.DoesNotContain("sub-", entry.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counts_days_by_stage_as_the_events_tell_them()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, hdab, trust) = await world.SubmitToBothAsync();
        world.Time.Advance(TimeSpan.FromHours(31));
        var ask = new { questions = new[] { new { field = "title", comment = "Which treatment?" } } };
        (await world.TrustOfficer.PostJsonAsync($"v1/cases/{trust}/information-requests", ask)).EnsureSuccessStatusCode();
        world.Time.Advance(TimeSpan.FromMinutes(977));
        (await world.ApproveAsync(application)).EnsureSuccessStatusCode();
        (
            await world.Officer.PostJsonAsync($"v1/cases/{hdab}/preparation", new { outcome = "granted", reasons = "x" })
        ).EnsureSuccessStatusCode();
        var content = PermitWorld.ForThree();
        content["title"] = "Another title";
        var corrected = await world.Applicant.PostJsonAsync($"v1/applications/{application}/information", new { answer = "x", content });
        Assert.Equal((409, "decided-on"), await corrected.ProblemAsync());
        (
            await world.Applicant.PostJsonAsync($"v1/applications/{application}/information", new { answer = "Surgery." })
        ).EnsureSuccessStatusCode();
        world.Time.Advance(TimeSpan.FromHours(5));
        (await world.DecideAsync(hdab)).EnsureSuccessStatusCode();
        world.Time.Advance(TimeSpan.FromHours(50));
        (await world.DecideAtTrustAsync(trust, "refused")).EnsureSuccessStatusCode();
        await world.SubmitAsync();
        world.Time.Advance(TimeSpan.FromHours(2));
        await world.PrepareAsync();
        var (withdrawn, granted, _) = await world.SubmitToBothAsync();
        (await world.DecideAtHdabAsync(granted)).EnsureSuccessStatusCode();
        world.Time.Advance(TimeSpan.FromHours(7));
        (await world.WithdrawAsync(withdrawn)).EnsureSuccessStatusCode();

        var expected = await RecomputeAsync(world);
        Assert.Contains(
            expected,
            row => row.StartsWith("hospitaltrust,awaiting-additional-information,1,0,0.6785,", StringComparison.Ordinal)
        );
        Assert.Contains(expected, row => row.StartsWith("rek,ethics,2,2,", StringComparison.Ordinal));
        Assert.Contains("hospitaltrust,withdrawn,1,0,0,0,0,0", expected);
        Assert.Contains("hdab,dispensation,1,1,0.2917,0.2917,0.2917,0.2917", expected);
        var answer = await (await world.Host.Anonymous.FetchAsync("v1/statistics")).JsonAsync();
        Assert.Equal(
            expected,
            answer["stages"]!.AsArray().Select(row => string.Join(',', Header.Split(',').Select(member => row![member]?.ToString() ?? "")))
        );
        var csv = await world.Host.Anonymous.FetchAsync("v1/statistics?format=csv");
        Assert.Equal("text/csv", csv.Content.Headers.ContentType?.MediaType);
        var lines = (await csv.TextAsync()).Split("\r\n");
        Assert.Equal([Header, .. expected, ""], lines);
        Assert.Equal((400, "invalid-request"), await (await world.Host.Anonymous.FetchAsync("v1/statistics?format=xml")).ProblemAsync());
    }

    [Fact]
    public async Task Publishes_the_rules_behind_decisions_and_fees()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var authorities = await (await world.Host.Anonymous.FetchAsync("v1/authorities")).JsonAsync();
        Assert.Contains(
            authorities["competences"]!.AsArray(),
            one =>
                ((string?)one!["source"], (string?)one["authority"], (string?)one["from"]) == ("treatment", "hospitaltrust", "2002-01-01")
        );
        var fees = await (await world.Host.Anonymous.FetchAsync("v1/fee-rules")).JsonAsync();
        Assert.Equal("NOK", (string?)fees["currency"]);
        Assert.NotEmpty(fees["rules"]!.AsArray());
    }

    [Fact]
    [Trait("Article", "EHDS 73(2)")]
    public async Task Takes_the_signed_record_of_what_left_a_room_once()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var lineage = await world.GrantAsync();
        var permit = await world.PermitAsync(lineage);
        var release = Record(lineage, permit.Digest);
        var signed = world.SignRelease(release).Text;
        var byOldKey = world.SignRelease(release with { Request = "r-3" }).Text;
        for (var sent = 0; sent < 2; sent++)
        {
            Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(world.ReferenceSpe, lineage, signed)).StatusCode);
        }
        Assert.Equal(
            (409, "another-release"),
            await (
                await SendAsync(world.ReferenceSpe, lineage, world.SignRelease(release with { Purpose = "Another." }).Text)
            ).ProblemAsync()
        );
        Assert.Equal(lineage, (string?)Assert.Single(await world.EventsAsync("permit.release-recorded"))["lineage"]);
        // Nor does a new key of the environment make it another one; by the old key nothing new is taken.
        world.ReplaceSpeKey();
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(world.ReferenceSpe, lineage, signed)).StatusCode);
        Assert.Equal((422, "document-refused"), await (await SendAsync(world.ReferenceSpe, lineage, byOldKey)).ProblemAsync());

        var text = await world.Host.Anonymous.TextAsync("v1/releases");
        var item = Assert.Single(JsonNode.Parse(text)!["items"]!.AsArray())!;
        Assert.Equal((lineage, release.Digest), ((string)item["lineage"]!, (string)item["digest"]!));
        Assert.Equal(["csv", "png"], item["files"]!.AsArray().Select(file => (string)file!["type"]!));
        Assert.Equal(["approve", "approve"], item["votes"]!.AsArray().Select(vote => (string)vote!));
        Assert.Equal(text, await world.Host.Anonymous.TextAsync($"v1/releases?lineage={lineage}"));
        Assert.Empty(JsonNode.Parse(await world.Host.Anonymous.TextAsync("v1/releases?lineage=l-0000000000000000"))!["items"]!.AsArray());
        // Another result leaves later, and stands first.
        var later = release with
        {
            Request = "r-2",
            At = release.At + 60,
        };
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(world.ReferenceSpe, lineage, world.SignRelease(later).Text)).StatusCode);
        var items = JsonNode.Parse(await world.Host.Anonymous.TextAsync("v1/releases"))!["items"]!.AsArray();
        Assert.Equal(["2029-04-09T08:01:00+00:00", "2029-04-09T08:00:00+00:00"], items.Select(one => (string)one!["releasedAt"]!));
        // Neither persons nor the requester's own words.
        Assert.DoesNotContain("sub-", text, StringComparison.Ordinal);
        Assert.DoesNotContain("survival", text, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("sub-second", 0)]
    [InlineData(PermitWorld.Nora, 1)]
    [Trait("Invariant", "3")]
    [Trait("Article", "EHDS 55(3)")]
    public async Task Raises_an_alarm_where_a_person_of_the_permit_judged_what_left(string voter, int alarms)
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var lineage = await world.GrantAsync();
        var release = Record(lineage, (await world.PermitAsync(lineage)).Digest);
        var record = world.SignRelease(release with { Votes = [release.Votes[0], release.Votes[1] with { Sub = voter }] });
        for (var sent = 0; sent < 2; sent++)
        {
            Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(world.ReferenceSpe, lineage, record.Text)).StatusCode);
        }
        // It has left: it stands in the register as it was.
        Assert.Single(await world.EventsAsync("permit.release-recorded"));
        var raised = await world.EventsAsync("permit.release-judged-by-participant");
        Assert.Equal(
            Enumerable.Repeat((lineage, record.Digest), alarms),
            raised.Select(one => ((string)one["lineage"]!, (string)one["record"]!))
        );
    }

    [Fact]
    public async Task Refuses_a_record_by_anybody_but_the_environment_of_the_permit()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var lineage = await world.GrantAsync();
        var other = await world.GrantAsync();
        var permit = await world.PermitAsync(lineage);
        var release = Record(lineage, permit.Digest);
        using var mallory = world.Trust.Enrol("otherspe", KeyUses.Spe);
        using var strangersKey = SigningKey.Create();
        using var stranger = new DocumentSigner(strangersKey, PermitWorld.Spe, KeyUses.Spe, 1);
        string[] refused =
        [
            mallory.Sign(release with { Spe = "otherspe" }).Text,
            mallory.Sign(release).Text,
            stranger.Sign(release).Text,
            world.SignRelease(release with { Lineage = other }).Text,
            world.SignRelease(release with { Permit = new string('0', 64) }).Text,
            world.SignRelease(release with { Permit = (await world.PermitAsync(other)).Digest }).Text,
            permit.Text,
            "not a document",
        ];
        foreach (var text in refused)
        {
            Assert.Equal((422, "document-refused"), await (await SendAsync(world.ReferenceSpe, lineage, text)).ProblemAsync());
        }
        var signed = world.SignRelease(release).Text;
        var otherSpe = world.Host.As("service-other", ["spe"], party: "otherspe");
        Assert.Equal((404, "not-found"), await (await SendAsync(otherSpe, lineage, signed)).ProblemAsync());
        Assert.Equal((404, "not-found"), await (await SendAsync(world.ReferenceSpe, "l-0000000000000000", signed)).ProblemAsync());
        Assert.Equal((403, "forbidden"), await (await SendAsync(world.Gateway, lineage, signed)).ProblemAsync());
        Assert.Empty(await world.QueryAsync("SELECT digest FROM permit.releases"));
    }

    [Theory]
    [InlineData("v1/releases?lineage=%00")]
    [InlineData("v1/releases?lineage=a%2Fb")]
    [InlineData("v1/releases?after=%00")]
    [InlineData("v1/releases?after=0")]
    [InlineData("v1/register?lineage=%00")]
    [InlineData("v1/register?lineage=l-0%00")]
    [InlineData("v1/register?after=%00")]
    public async Task Refuses_what_has_not_the_form_of_a_name_here(string path)
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        Assert.Equal(RefusalRow.Call("R92"), await (await world.Host.Anonymous.FetchAsync(path)).ProblemAsync());
    }

    private static async Task<JsonNode> RegisterAsync(PermitWorld world, string query = "") =>
        (await (await world.Host.Anonymous.FetchAsync($"v1/register{query}")).JsonAsync())["items"]!;

    private static Task<HttpResponseMessage> SendAsync(HttpClient client, string lineage, string text) =>
        client.PostAsync(
            new Uri($"v1/permits/{lineage}/releases", UriKind.Relative),
            new StringContent(text, Encoding.ASCII, "application/jose"),
            TestContext.Current.CancellationToken
        );

    private static Release Record(string lineage, string permit)
    {
        ReleasedFile[] files = [new("survival.csv", "csv", 120, new string('a', 64)), new("figure.png", "png", 900, new string('b', 64))];
        var at = PermitWorld.Start.ToUnixTimeSeconds();
        return new Release
        {
            Lineage = lineage,
            Permit = permit,
            Spe = PermitWorld.Spe,
            Request = "r-1",
            Purpose = "Table 2: survival by treatment.",
            Digest = Release.DigestOf(files),
            Files = files,
            Rules = [new("identifiers", ReleaseRule.Passed), new("archives", ReleaseRule.NotApplicable)],
            Votes = [new("sub-checker", ReleaseVote.Approve, at - 60), new("sub-second", ReleaseVote.Approve, at)],
            At = at,
        };
    }

    // From the table of events alone, by the names that lie there: an account of its own, which shares no code with the
    // service.
    private static async Task<IReadOnlyList<string>> RecomputeAsync(PermitWorld world)
    {
        var rows = await world.QueryAsync(
            """
            SELECT json_build_object('application', application_id, 'type', type, 'at', extract(epoch FROM at)::text, 'payload', payload)::text
            FROM permit.application_events ORDER BY application_id, sequence
            """
        );
        List<(string Authority, string Stage, decimal From, decimal? To)> stays = [];
        foreach (var history in rows.Select(row => JsonNode.Parse((string)row)!).GroupBy(row => (string)row["application"]!))
        {
            Dictionary<string, (string Authority, string Stage, decimal Since)> open = [];
            Dictionary<string, (string Authority, decimal Since)> approvals = [];
            foreach (var row in history)
            {
                var at = decimal.Parse((string)row["at"]!, CultureInfo.InvariantCulture);
                var payload = JsonNode.Parse((string)row["payload"]!)!;
                var handled = (string?)payload["case"];
                void Move(string of, string? stage)
                {
                    var (authority, before, since) = open[of];
                    if (before == stage)
                    {
                        return;
                    }
                    stays.Add((authority, before, since, at));
                    open.Remove(of);
                    if (stage is not null)
                    {
                        open[of] = (authority, stage, at);
                    }
                }
                switch ((string)row["type"]!)
                {
                    case "application-submitted":
                        foreach (var required in payload["approvals"]!.AsArray())
                        {
                            approvals[(string)required!["kind"]!] = ((string)required["authority"]!, at);
                        }
                        break;
                    case "case-opened":
                        open[handled!] = ((string)payload["authority"]!, "pre-screening", at);
                        break;
                    case "information-requested":
                        Move(handled!, "awaiting-additional-information");
                        break;
                    case "information-given":
                        Move(handled!, "processing");
                        foreach (
                            var other in open.Where(one => payload["content"] is not null && one.Value.Stage == "prepared")
                                .Select(one => one.Key)
                                .ToList()
                        )
                        {
                            Move(other, "processing");
                        }
                        break;
                    case "case-prepared":
                        Move(handled!, "prepared");
                        break;
                    case "case-decided":
                        Move(handled!, "decided");
                        break;
                    case "decision-published":
                        Move(handled!, null);
                        break;
                    case "application-withdrawn":
                        foreach (var ended in payload["cases"]!.AsArray().Select(one => (string)one!))
                        {
                            var authority = open[ended].Authority;
                            Move(ended, null);
                            stays.Add((authority, "withdrawn", at, at));
                        }
                        // What this test needs of it: the trust's source was the only one to need a dispensation.
                        stays.Add((approvals["dispensation"].Authority, "dispensation", approvals["dispensation"].Since, at));
                        approvals.Remove("dispensation");
                        break;
                    case "approval-decided":
                        var kind = (string)payload["kind"]!;
                        stays.Add((approvals[kind].Authority, kind, approvals[kind].Since, at));
                        approvals.Remove(kind);
                        break;
                }
            }
            stays.AddRange(open.Values.Select(one => (one.Authority, one.Stage, one.Since, (decimal?)null)));
            stays.AddRange(approvals.Select(one => (one.Value.Authority, one.Key, one.Value.Since, (decimal?)null)));
        }
        string Days(decimal seconds) => Math.Round(seconds / 86400, 4).ToString("0.####", CultureInfo.InvariantCulture);
        return
        [
            .. stays
                .GroupBy(stay => (stay.Authority, stay.Stage))
                .OrderBy(group => group.Key.Authority, StringComparer.Ordinal)
                .ThenBy(group => Array.IndexOf(Course, group.Key.Stage) is var at && at < 0 ? int.MaxValue : at)
                .ThenBy(group => group.Key.Stage, StringComparer.Ordinal)
                .Select(group =>
                {
                    var ended = group.Where(stay => stay.To is not null).Select(stay => stay.To!.Value - stay.From).Order().ToList();
                    string[] figures =
                        ended.Count == 0
                            ? ["", "", ""]
                            : [Days(ended.Average()), Days((ended[(ended.Count - 1) / 2] + ended[ended.Count / 2]) / 2), Days(ended[^1])];
                    return $"{group.Key.Authority},{group.Key.Stage},{ended.Count},{group.Count() - ended.Count},{Days(ended.Sum())},{string.Join(',', figures)}";
                }),
        ];
    }
}
