using System.Net;
using System.Text.RegularExpressions;
using HealthDataNode.Edge;
using HealthDataNode.Edge.Features;
using HealthDataNode.Edge.Page;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HealthDataNode.Services.Tests.Edge;

/// <summary>The page and its headers as the Edge serves them, in front of one program that plays the services.</summary>
public sealed partial class The_front_page : IAsyncLifetime
{
    private readonly Dictionary<string, string> answers = new()
    {
        ["/v1/descriptions"] = """
            {"descriptions":[{"source":"cancer","version":2,"holder":"cancerregistry","holderOrg":"999000101","holderName":"A & B",
            "title":{"nb":"<script>alert(1)</script>","en":"Cancer \"registry\" <img src=x onerror=alert(1)>"},"healthCategories":[],
            "numberOfRecords":12345,"variables":13,"matches":[],"publishedAt":"2026-11-25T10:00:00+00:00"}]}
            """,
        ["/v1/permits"] = """
            {"items":[{"lineage":"l","version":1,"title":"Survival","organisation":"999000301","purpose":"research","legalBasis":"x",
            "authority":"hdab","spe":"referencespe","issuedAt":"2026-11-25T10:00:00+00:00","from":"2026-11-25T23:30:00+00:00",
            "to":"2027-11-25T23:30:00+00:00","sources":[{"name":"cancer","holder":"cancerregistry","variables":["a","b"]}]}]}
            """,
        ["/v1/deliveries"] = """[{"lineage":"l","source":"cancer","spe":"referencespe","date":"2026-11-25","rows":1900,"persons":1800},{"lineage":"l","source":"rare","spe":"referencespe","date":"2026-11-25"}]""",
        ["/v1/head"] = """{"entries":4321,"hash":"abcdef0123456789","at":"2026-11-25T10:00:00+00:00"}""",
    };

    private readonly Dictionary<string, int> calls = [];
    private readonly MovableTime time = new(new DateTimeOffset(2026, 11, 26, 8, 0, 0, TimeSpan.Zero));
    private WebApplication services = null!;
    private WebApplication edge = null!;
    private HttpClient browser = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        services = Plain([]);
        services.MapGet(
            "/{**path}",
            (HttpContext context) =>
            {
                var path = context.Request.Path.Value!;
                lock (calls)
                {
                    calls[path] = calls.GetValueOrDefault(path) + 1;
                }

                return answers.TryGetValue(path, out var answer)
                    ? Results.Content(answer, "application/json")
                    : Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
            }
        );
        await services.StartAsync();
        string[] names = ["catalogue", "permit", "gateway", "audit"];
        edge = Plain(
            [.. names.Select(name => $"--services:{name}:http:0={services.Urls.First()}"), "--Node:Dashboard=http://localhost:18888"]
        );
        edge.Use(SecurityHeaders.InvokeAsync);
        FrontPage.Map(edge);
        ApiReference.Map(edge);
        Assets.Map(edge);
        await edge.StartAsync();
        browser = new HttpClient { BaseAddress = new Uri(edge.Urls.First()) };
    }

    public async ValueTask DisposeAsync()
    {
        browser.Dispose();
        await edge.DisposeAsync();
        await services.DisposeAsync();
    }

    [Theory]
    [InlineData("nb")]
    [InlineData("en")]
    public async Task Escapes_what_others_wrote(string language)
    {
        var page = await browser.GetStringAsync($"/?lang={language}", Cancel);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<img src=x", page, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("A &amp; B", page, StringComparison.Ordinal);
        Assert.Contains(
            language == "nb" ? "&lt;script&gt;alert(1)&lt;/script&gt;" : "Cancer &quot;registry&quot; &lt;img src=x onerror=alert(1)&gt;",
            page,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Shows_what_the_services_say()
    {
        var page = await browser.GetStringAsync("/?lang=en", Cancel);
        foreach (
            var shown in (string[])[
                "12,345",
                "4,321",
                "abcdef0123456789",
                "1,900",
                "not shown",
                "href=\"/catalogue/v1/descriptions/cancer/turtle\"",
                "26 Nov 2026", // of the permit: half past eleven in the evening UTC is the next day in Oslo
                "href=\"/reference/gateway\"",
                "href=\"http://localhost:18888/\"",
            ]
        )
        {
            Assert.Contains(shown, page, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("Not available now", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/permits", null)]
    [InlineData("/v1/permits", "<html>no json</html>")]
    [InlineData("/v1/head", "{}")]
    public async Task Says_which_part_is_not_available(string path, string? answer)
    {
        answers.Remove(path);
        if (answer is not null)
        {
            answers[path] = answer;
        }

        var page = await browser.GetStringAsync("/?lang=en", Cancel);
        Assert.Single(Away().Matches(page));
        Assert.Contains("1,900", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stands_when_every_service_is_down()
    {
        await services.StopAsync(Cancel);
        var page = await browser.GetStringAsync("/?lang=nb", Cancel);
        Assert.Equal(4, AwayInNorwegian().Count(page));
        Assert.Contains("Helsedatanode", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asks_each_service_once_a_second_at_most()
    {
        for (var n = 0; n < 5; n++)
        {
            await browser.GetStringAsync("/", Cancel);
        }

        Assert.All(answers.Keys, path => Assert.Equal(1, calls[path]));
        time.Advance(TimeSpan.FromSeconds(1));
        await browser.GetStringAsync("/", Cancel);
        Assert.All(answers.Keys, path => Assert.Equal(2, calls[path]));
    }

    [Theory]
    [InlineData("/", "en-GB,en;q=0.9,nb;q=0.8", "en")]
    [InlineData("/", "en;q=0.5,nn", "nb")]
    [InlineData("/", "fr", "nb")]
    [InlineData("/?lang=en", "nb", "en")]
    [InlineData("/?lang=%22%3E%3Cb%3E", "en", "en")]
    public async Task Speaks_the_readers_language(string path, string accepted, string expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept-Language", accepted);
        using var response = await browser.SendAsync(request, Cancel);
        Assert.Equal([expected], response.Content.Headers.ContentLanguage);
        Assert.Contains($"<html lang=\"{expected}\"", await response.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_no_other_host_in_markup_or_styles()
    {
        var page = await browser.GetStringAsync("/?lang=en", Cancel);
        var addresses = Address().Matches(page).Select(match => match.Groups[1].Value).ToArray();
        Assert.NotEmpty(addresses);
        Assert.All(
            addresses.Where(address => address != "http://localhost:18888/"), // a link, and the operator's own
            address => Assert.Matches("^(/(?!/)|#)", address)
        );
        Assert.DoesNotContain("style=", page, StringComparison.Ordinal);
        foreach (var address in addresses.Where(address => address.StartsWith("/assets/", StringComparison.Ordinal)).Distinct())
        {
            using var response = await browser.GetAsync(address, Cancel);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Contains("immutable", response.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
            var text = await response.Content.ReadAsStringAsync(Cancel);
            Assert.DoesNotContain("@import", text, StringComparison.Ordinal);
            // A name space is a name: nobody asks that host for anything.
            Assert.DoesNotMatch("https?:(?!//www\\.w3\\.org/2000/svg)", text);
            Assert.DoesNotMatch("url\\((?![\"']?data:)", text);
        }
    }

    [Fact]
    public async Task Has_a_policy_that_allows_its_own_files_alone()
    {
        using var response = await browser.GetAsync("/", Cancel);
        Assert.Equal(
            "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'",
            response.Headers.GetValues("Content-Security-Policy").Single()
        );
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Contains("Accept-Language", response.Headers.Vary);
    }

    [Fact]
    public async Task Leads_to_an_api_reference_that_stays_on_this_host()
    {
        using var response = await browser.GetAsync("/reference/permit", Cancel);
        var page = await response.Content.ReadAsStringAsync(Cancel);
        Assert.Contains("permit/openapi/v1.json", page, StringComparison.Ordinal);
        Assert.DoesNotMatch("(src|href)=\"(https?:)?//", page);
        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        var nonce = Nonce().Match(policy).Groups[1].Value;
        Assert.NotEmpty(nonce);
        Assert.Contains($"nonce=\"{nonce}\"", page, StringComparison.Ordinal);
        Assert.StartsWith("default-src 'none'; ", policy, StringComparison.Ordinal);
        Assert.Contains("; connect-src 'self'; ", policy, StringComparison.Ordinal);
        Assert.DoesNotMatch("https?:|script-src[^;]*unsafe", policy);
        using var again = await browser.GetAsync("/reference/permit", Cancel);
        Assert.DoesNotContain(nonce, again.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        using var unknown = await browser.GetAsync("/reference/nothing", Cancel);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    private WebApplication Plain(string[] settings)
    {
        var builder = WebApplication.CreateSlimBuilder(["--urls=http://127.0.0.1:0", .. settings]);
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddPublicFacts();
        // A busy machine is no service that is down.
        builder.Services.AddHttpClient(PublicFacts.Client, client => client.Timeout = TimeSpan.FromMinutes(1));
        builder.Services.AddRouting();
        builder.Services.AddAuthorization();
        return builder.Build();
    }

    [GeneratedRegex("(?:href|src)=\"([^\"]*)\"")]
    private static partial Regex Address();

    [GeneratedRegex("'nonce-([^']+)'")]
    private static partial Regex Nonce();

    [GeneratedRegex("Not available now")]
    private static partial Regex Away();

    [GeneratedRegex("Ikke tilgjengelig nå")]
    private static partial Regex AwayInNorwegian();
}
