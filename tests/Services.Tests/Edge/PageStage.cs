using HealthDataNode.Edge;
using HealthDataNode.Edge.Features;
using HealthDataNode.Edge.Page;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HealthDataNode.Services.Tests.Edge;

/// <summary>The pages as the Edge serves them, in front of one program that plays the services.</summary>
public sealed class PageStage : IAsyncDisposable
{
    /// <summary>A lineage that ran through, all of it, and was revoked at last.</summary>
    public const string Ended = "01993f00aaaa7bbb8ccc000000000001";

    /// <summary>A lineage that waits for its second authority.</summary>
    public const string Young = "01993f00aaaa7bbb8ccc000000000002";

    private readonly WebApplication services;
    private readonly WebApplication edge;

    private PageStage()
    {
        services = Plain([]);
        services.MapGet(
            "/{**path}",
            (HttpContext context) =>
            {
                var path = context.Request.Path.Value!;
                lock (Calls)
                {
                    Calls[path] = Calls.GetValueOrDefault(path) + 1;
                }

                var answer = Answers.GetValueOrDefault(path + context.Request.QueryString.Value) ?? Answers.GetValueOrDefault(path);
                return answer is null
                    ? Results.StatusCode(StatusCodes.Status503ServiceUnavailable)
                    : Results.Content(answer, "application/json");
            }
        );
        services.StartAsync().GetAwaiter().GetResult();
        string[] names = ["catalogue", "permit", "gateway", "audit"];
        edge = Plain([
            .. names.Select(name => $"--services:{name}:http:0={services.Urls.First()}"),
            "--Node:Dashboard=http://localhost:18888",
        ]);
    }

    /// <summary>What the services answer, by path, or by path and query.</summary>
    internal Dictionary<string, string> Answers { get; } =
        new()
        {
            ["/v1/descriptions"] = """
                {"descriptions":[{"source":"cancer","version":2,"holder":"cancerregistry","holderOrg":"999000101","holderName":"A & B",
                "title":{"nb":"<script>alert(1)</script>","en":"Cancer \"registry\" <img src=x onerror=alert(1)>"},"healthCategories":[],
                "numberOfRecords":12345,"variables":13,"matches":[],"publishedAt":"2026-11-25T10:00:00+00:00"}]}
                """,
            [
                "/v1/register"
            ] = $$$"""
                {"items":[
                {"application":"0199-1","state":"decision-issued","title":"Survival <b>of</b> lung cancer","organisation":"999000301",
                 "purpose":"53(1)(e)","legalBasis":"6(1)(e)","submittedAt":"2026-11-01T09:00:00+00:00",
                 "cases":[
                  {"case":"c1","authority":"hdab","sources":["cancer","death"],"openedAt":"2026-11-01T09:00:00+00:00",
                   "decision":{"outcome":"granted","reasons":"Necessary & <i>proportionate</i>.","decidedAt":"2026-11-11T09:00:00+00:00"},
                   "revocation":{"reasons":"The purpose fell away.","at":"2026-11-24T10:00:00+00:00"}},
                  {"case":"c2","authority":"hospitaltrust","sources":["treatment"],"openedAt":"2026-11-01T09:00:00+00:00",
                   "decision":{"outcome":"granted","reasons":"Agreed.","decidedAt":"2026-11-20T09:00:01.7+00:00"},
                   "revocation":{"reasons":"The same.","at":"2026-11-24T10:00:01+00:00"}}],
                 "approvals":[
                  {"kind":"ethics","authority":"rek","decision":{"outcome":"granted","reasons":"Sound.","decidedAt":"2026-11-05T09:00:00+00:00"}},
                  {"kind":"dispensation","authority":"hdab","decision":{"outcome":"granted","reasons":"Due.","decidedAt":"2026-11-06T09:00:00+00:00"}}],
                 "lineage":"{{{Ended}}}","spe":"referencespe","from":"2026-11-11T00:00:00+00:00","to":"2027-11-25T23:30:00+00:00",
                  "permits":[
                   {"version":1,"digest":"{{{new string('a', 64)}}}","sources":["cancer","death"],"issuedAt":"2026-11-11T09:00:01+00:00"},
                   {"version":2,"digest":"{{{new string(
                    'b',
                    64
                )}}}","sources":["cancer","death","treatment"],"issuedAt":"2026-11-20T09:00:01+00:00",
                   "fee":{"estimate":30730,"currency":"NOK","rules":"2026-1"} }],
                  "revokedAt":"2026-11-24T10:00:01+00:00","deletedAt":"2026-11-24T10:00:04+00:00","shreddedAt":"2026-11-24T10:00:05+00:00"},
                {"application":"0199-2","state":"submitted","title":"Waiting","organisation":"999000302","purpose":"53(1)(e)",
                 "legalBasis":"6(1)(e)","submittedAt":"2026-11-20T09:00:00+00:00",
                 "cases":[
                  {"case":"c3","authority":"hdab","sources":["cancer"],"openedAt":"2026-11-20T09:00:00+00:00",
                   "decision":{"outcome":"granted","reasons":"Yes.","decidedAt":"2026-11-25T09:00:00+00:00"}},
                  {"case":"c4","authority":"hospitaltrust","sources":["treatment"],"openedAt":"2026-11-20T09:00:00+00:00"}],
                 "approvals":[{"kind":"ethics","authority":"rek"}],
                 "lineage":"{{{Young}}}","spe":"referencespe","from":"2026-11-25T00:00:00+00:00","to":"2028-11-25T00:00:00+00:00",
                  "permits":[{"version":1,"digest":"{{{new string(
                    'c',
                    64
                )}}}","sources":["cancer"],"issuedAt":"2026-11-25T09:00:01+00:00"}]},
                {"application":"0199-3","state":"decision-issued","title":"Refused one","organisation":"999000303","purpose":"53(1)(a)",
                 "legalBasis":"6(1)(e)","submittedAt":"2026-11-10T09:00:00+00:00",
                 "cases":[{"case":"c5","authority":"hdab","sources":["death"],"openedAt":"2026-11-10T09:00:00+00:00",
                   "decision":{"outcome":"refused","reasons":"Not a public body.","decidedAt":"2026-11-12T09:00:00+00:00"}}],
                 "approvals":[],"permits":[]}],
                "next":null}
                """,
            ["/v1/statistics"] = """
                {"asOf":"2026-11-26T08:00:00+00:00","stages":[
                {"authority":"hdab","stage":"pre-screening","ended":2,"open":1,"days":10.5,"mean":5.25,"median":5.25,"longest":9.5},
                {"authority":"rek","stage":"ethics","ended":0,"open":1,"days":0}]}
                """,
            ["/v1/deliveries"] = $$$"""
                [{"lineage":"{{{Ended}}}","source":"treatment","spe":"referencespe","attempt":1,"state":"rejected","revoked":true,
                  "issuedAt":"2026-11-20T09:00:02+00:00","rejectedAt":"2026-11-24T10:00:02+00:00"},
                 {"lineage":"{{{Ended}}}","source":"cancer","spe":"referencespe","attempt":1,"state":"delivered","revoked":false,
                  "issuedAt":"2026-11-11T09:00:02+00:00","receivedAt":"2026-11-11T09:00:20+00:00","deliveredAt":"2026-11-11T09:00:30+00:00",
                  "rows":1900,"persons":1800},
                 {"lineage":"{{{Ended}}}","source":"death","spe":"referencespe","attempt":1,"state":"delivered","revoked":false,
                  "issuedAt":"2026-11-11T09:00:02+00:00","receivedAt":"2026-11-11T09:00:20+00:00","deliveredAt":"2026-11-11T09:00:40+00:00"},
                 {"lineage":"{{{Young}}}","source":"cancer","spe":"referencespe","attempt":1,"state":"issued","revoked":false,
                  "issuedAt":"2026-11-25T09:00:02+00:00"}]
                """,
            [
                "/v1/releases"
            ] = $$$"""
                {"items":[{"record":"{{{new string('d', 64)}}}","lineage":"{{{Ended}}}","spe":"referencespe","digest":"{{{new string(
                    'e',
                    64
                )}}}",
                "files":[{"type":"csv","length":2345,"sha256":"{{{new string('f', 64)}}}"}],
                "rules":[{"rule":"cells","outcome":"passed"},{"rule":"a-new-one","outcome":"passed"}],
                "votes":["approve","approve"],"releasedAt":"2026-11-15T12:00:00+00:00"}],"next":null}
                """,
            ["/v1/head"] = """{"entries":4321,"hash":"abcdef0123456789","at":"2026-11-25T10:00:00+00:00"}""",
        };

    internal Dictionary<string, int> Calls { get; } = [];

    internal MovableTime Time { get; } = new(new DateTimeOffset(2026, 11, 26, 8, 0, 0, TimeSpan.Zero));

    internal HttpClient Browser { get; private set; } = null!;

    internal static async Task<PageStage> StartAsync()
    {
        var stage = new PageStage();
        stage.edge.Use(SecurityHeaders.InvokeAsync);
        FrontPage.Map(stage.edge);
        PermitPage.Map(stage.edge);
        PrivacyPage.Map(stage.edge);
        ApiReference.Map(stage.edge);
        Assets.Map(stage.edge);
        await stage.edge.StartAsync();
        stage.Browser = new HttpClient { BaseAddress = new Uri(stage.edge.Urls.First()) };
        return stage;
    }

    internal Task StopServicesAsync() => services.StopAsync(TestContext.Current.CancellationToken);

    internal Task<string> PageAsync(string address) => Browser.GetStringAsync(address, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        Browser.Dispose();
        await edge.DisposeAsync();
        await services.DisposeAsync();
    }

    private WebApplication Plain(string[] settings)
    {
        var builder = WebApplication.CreateSlimBuilder(["--urls=http://127.0.0.1:0", .. settings]);
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(Time);
        builder.Services.AddPublicFacts();
        // A busy machine is no service that is down.
        builder.Services.AddHttpClient(PublicFacts.Client, client => client.Timeout = TimeSpan.FromMinutes(1));
        builder.Services.AddRouting();
        builder.Services.AddAuthorization();
        return builder.Build();
    }
}
