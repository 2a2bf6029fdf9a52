using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using HealthDataNode.Edge.Page;

namespace HealthDataNode.Services.Tests.Edge;

/// <summary>The front page and its headers.</summary>
public sealed partial class The_front_page : IAsyncLifetime
{
    private PageStage stage = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private HttpClient Browser => stage.Browser;

    public async ValueTask InitializeAsync() => stage = await PageStage.StartAsync();

    public ValueTask DisposeAsync() => stage.DisposeAsync();

    [Theory]
    [InlineData("nb")]
    [InlineData("en")]
    public async Task Escapes_what_others_wrote(string language)
    {
        var page = await Browser.GetStringAsync($"/?lang={language}", Cancel);
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
        var page = await Browser.GetStringAsync("/?lang=en", Cancel);
        foreach (
            var shown in (string[])
                [
                    "12,345",
                    "4,321",
                    "abcdef0123456789",
                    "1,900",
                    "not shown",
                    "href=\"/catalogue/v1/descriptions/cancer/turtle\"",
                    "1 Nov 2026 10:00:00", // Oslo
                    "1,900 rows, 1,800 persons",
                    "counts not shown: too few persons",
                    "Decision: refused",
                    "Not a public body.",
                    "the hospital trust",
                    "10 days", // from the case to the decision
                    "5.25 days",
                    "<strong>Transfer stopped",
                    "2 of 2 checkers in favour",
                    "Deleted, key shredded",
                    "24 Nov 2026 11:00:05", // the key
                    $"href=\"/permits/{PageStage.Ended}?lang=en\"",
                    "href=\"/permit/v1/statistics?format=csv\"",
                    "href=\"/privacy?lang=en\"",
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
    [InlineData("/v1/register", null, 3)] // journeys, decisions, ends
    [InlineData("/v1/register", "<html>no json</html>", 3)]
    [InlineData("/v1/statistics", null, 1)]
    [InlineData("/v1/releases", null, 1)]
    [InlineData("/v1/head", "{}", 1)]
    public async Task Says_which_part_is_not_available(string path, string? answer, int parts)
    {
        stage.Answers.Remove(path);
        if (answer is not null)
        {
            stage.Answers[path] = answer;
        }

        var page = await Browser.GetStringAsync("/?lang=en", Cancel);
        Assert.Equal(parts, Away().Count(page));
        Assert.Contains("1,900", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tells_of_permits_without_their_deliveries_while_Gateway_is_away()
    {
        stage.Answers.Remove("/v1/deliveries");
        var page = await Browser.GetStringAsync("/?lang=en", Cancel);
        Assert.Single(Away().Matches(page));
        Assert.Contains("Gateway does not answer now", page, StringComparison.Ordinal);
        Assert.Contains("Decision: refused", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<strong>Transfer stopped", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reads_every_page_of_the_register_and_shows_the_newest_first()
    {
        stage.Answers["/v1/register"] = Register("Elder one", 1, "\"a b\"");
        stage.Answers["/v1/register?after=a%20b"] = Register("Latter one", 2, "null");
        var page = await Browser.GetStringAsync("/?lang=en", Cancel);
        Assert.InRange(page.IndexOf("Latter one", StringComparison.Ordinal), 1, page.IndexOf("Elder one", StringComparison.Ordinal) - 1);
        stage.Answers["/v1/register?after=a%20b"] = "{}";
        stage.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(3, Away().Count(await Browser.GetStringAsync("/?lang=en", Cancel)));
    }

    [Fact]
    public async Task Stands_when_every_service_is_down()
    {
        await stage.StopServicesAsync();
        var page = await Browser.GetStringAsync("/?lang=nb", Cancel);
        Assert.Equal(8, AwayInNorwegian().Count(page));
        Assert.Contains("Helsedatanode", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asks_each_service_once_a_second_at_most()
    {
        for (var n = 0; n < 5; n++)
        {
            await Browser.GetStringAsync("/", Cancel);
        }

        Assert.All(stage.Answers.Keys, path => Assert.Equal(1, stage.Calls[path]));
        stage.Time.Advance(TimeSpan.FromSeconds(1));
        await Browser.GetStringAsync("/", Cancel);
        Assert.All(stage.Answers.Keys, path => Assert.Equal(2, stage.Calls[path]));
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
        using var response = await Browser.SendAsync(request, Cancel);
        Assert.Equal([expected], response.Content.Headers.ContentLanguage);
        Assert.Contains($"<html lang=\"{expected}\"", await response.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_no_other_host_in_markup_or_styles()
    {
        foreach (
            var page in (string[])["/?lang=en", "/privacy?lang=nb", $"/permits/{PageStage.Ended}?lang=nb", "/permits/nothing-is-called-so"]
        )
        {
            await NamesNoOtherHostAsync(page);
        }
    }

    private async Task NamesNoOtherHostAsync(string of)
    {
        using var answer = await Browser.GetAsync(of, Cancel);
        var page = await answer.Content.ReadAsStringAsync(Cancel);
        var addresses = Address().Matches(page).Select(match => match.Groups[1].Value).ToArray();
        Assert.NotEmpty(addresses);
        Assert.All(
            addresses.Where(address => address != "http://localhost:18888/"), // a link, and the operator's own
            address => Assert.Matches("^(/(?!/)|#)", address)
        );
        Assert.DoesNotContain("style=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        foreach (var address in addresses.Where(address => address.StartsWith("/assets/", StringComparison.Ordinal)).Distinct())
        {
            using var response = await Browser.GetAsync(address, Cancel);
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
        using var response = await Browser.GetAsync("/", Cancel);
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
        using var response = await Browser.GetAsync("/reference/permit", Cancel);
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
        using var again = await Browser.GetAsync("/reference/permit", Cancel);
        Assert.DoesNotContain(nonce, again.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        using var unknown = await Browser.GetAsync("/reference/nothing", Cancel);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    /// <summary>So that a part does not say that its service is away because the service has changed its words.</summary>
    [Theory]
    [InlineData(typeof(SourceFact), "Catalogue", "ListDescriptionsItem")]
    [InlineData(typeof(ApplicationFact), "Permit", "RegisterEntry")]
    [InlineData(typeof(CaseFact), "Permit", "RegisteredCase")]
    [InlineData(typeof(ApprovalFact), "Permit", "RegisteredApproval")]
    [InlineData(typeof(DecisionFact), "Permit", "RegisteredDecision")]
    [InlineData(typeof(RevocationFact), "Permit", "RevocationView")]
    [InlineData(typeof(VersionFact), "Permit", "RegisteredPermit")]
    [InlineData(typeof(StageFact), "Permit", "StageDays")]
    [InlineData(typeof(ReleaseFact), "Permit", "PublicRelease")]
    [InlineData(typeof(ReleasedFile), "Permit", "PublicFile")]
    [InlineData(typeof(RuleFact), "Permit", "PublicRule")]
    [InlineData(typeof(OrderFact), "Gateway", "ListDeliveriesResponse")]
    [InlineData(typeof(AuditHead), "Audit", "GetHeadResponse")]
    public void Reads_what_the_services_say_that_they_say(Type fact, string service, string schema)
    {
        var file = Path.Combine(AppContext.BaseDirectory, service, "Golden", $"{service.ToLowerInvariant()}.openapi.json");
        var said = JsonNode.Parse(File.ReadAllText(file))!["components"]!["schemas"]![schema]!["properties"]!.AsObject();
        foreach (var read in fact.GetConstructors().Single().GetParameters())
        {
            var name = JsonNamingPolicy.CamelCase.ConvertName(read.Name!);
            Assert.True(said.ContainsKey(name), $"{schema} has no {name}.");
            Assert.True(read.HasDefaultValue || !CanBeNull(said[name]!), $"{schema}.{name} may be null, and the page cannot do without.");
        }
    }

    private static bool CanBeNull(JsonNode property) =>
        property["type"] is JsonArray types && types.Any(type => type!.GetValue<string>() == "null")
        || property["oneOf"] is JsonArray kinds && kinds.Any(kind => kind!["type"]?.GetValue<string>() == "null");

    private static string Register(string title, int day, string next) =>
        $$"""
            {"items":[{"title":"{{title}}","organisation":"999000301","purpose":"53(1)(e)","legalBasis":"x",
            "submittedAt":"2026-11-0{{day}}T09:00:00+00:00","cases":[{"authority":"hdab","sources":["cancer"],
            "openedAt":"2026-11-0{{day}}T09:00:00+00:00"}],"approvals":[],"permits":[]}],"next":{{next}}}
            """;

    [GeneratedRegex("(?:href|src)=\"([^\"]*)\"")]
    private static partial Regex Address();

    [GeneratedRegex("'nonce-([^']+)'")]
    private static partial Regex Nonce();

    [GeneratedRegex("Not available now")]
    private static partial Regex Away();

    [GeneratedRegex("Ikke tilgjengelig nå")]
    private static partial Regex AwayInNorwegian();
}
