using System.Net;
using System.Text.RegularExpressions;

namespace HealthDataNode.Services.Tests.Edge;

/// <summary>The page of one lineage: what a stranger needs to believe what the front page says.</summary>
public sealed partial class The_permit_page : IAsyncLifetime
{
    private PageStage stage = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => stage = await PageStage.StartAsync();

    public ValueTask DisposeAsync() => stage.DisposeAsync();

    [Fact]
    [Trait("Article", "EHDS 57(1)(j)(iii)")]
    public async Task Tells_everything_that_happened_in_the_order_in_which_it_did()
    {
        var page = await stage.PageAsync($"/permits/{PageStage.Ended}?lang=en");
        var timeline = Between(page, "<ol class=\"moments\">", "</ol>");
        string[] expected =
        [
            "The application was submitted",
            "the hospital trust (treatment)",
            "Ethics approval: granted",
            "the regional ethics committee",
            "Dispensation from confidentiality: granted",
            "Decision: granted",
            "the health data access body, after 10 days; cancer, death",
            "Necessary &amp; &lt;i&gt;proportionate&lt;/i&gt;.",
            "The permit was signed, version 1",
            "cancer: ordered from its holder",
            "cancer: delivered to referencespe",
            "1,900 rows, 1,800 persons",
            "death: delivered to referencespe",
            "counts not shown: too few persons",
            "A result was released from the room",
            "the hospital trust, after 19 days; treatment",
            "The permit was signed, version 2",
            "treatment: ordered from its holder",
            "The decision was revoked",
            "The purpose fell away.",
            "The permit is no longer in force",
            "treatment: Transfer stopped",
            "The data are deleted",
            "The key is shredded",
        ];
        var at = 0;
        foreach (var one in expected)
        {
            var found = timeline.IndexOf(one, at, StringComparison.Ordinal);
            Assert.True(found >= 0, $"'{one}' is missing, or stands too early.");
            at = found + 1;
        }

        var times = Machine().Matches(timeline).Select(match => match.Groups[1].Value).ToArray();
        Assert.Equal(times.Order(StringComparer.Ordinal), times);
        Assert.Equal(21, times.Length);
    }

    [Fact]
    public async Task Leads_to_the_raw_answers_and_shows_what_was_signed()
    {
        var page = await stage.PageAsync($"/permits/{PageStage.Ended}?lang=en");
        foreach (
            var shown in (string[])
                [
                    $"href=\"/permit/v1/register?lineage={PageStage.Ended}\"",
                    $"href=\"/gateway/v1/deliveries?lineage={PageStage.Ended}\"",
                    $"href=\"/permit/v1/releases?lineage={PageStage.Ended}\"",
                    "GDPR 6(1)(e)",
                    "30,730 NOK",
                    "rules 2026-1",
                    "href=\"/audit/v1/head\"",
                    new string('a', 64), // versions
                    new string('b', 64),
                    new string('d', 64), // the record of the release
                    new string('e', 64), // its files together
                    new string('f', 64), // and one by one
                    "no small cells: passed; a-new-one: passed",
                    "26 Nov 2027", // half past eleven in the evening UTC is the next day in Oslo
                    "Survival &lt;b&gt;of&lt;/b&gt; lung cancer",
                ]
        )
        {
            Assert.Contains(shown, page, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("Refused one", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shows_the_steps_ahead_of_a_source_that_waits()
    {
        var page = await stage.PageAsync($"/permits/{PageStage.Young}?lang=en");
        var cancer = Between(page, ">cancer</h3>", "</ol>");
        Assert.Equal(2, Ahead().Count(cancer)); // received, delivered
        var treatment = Between(page, ">treatment</h3>", "</ol>");
        Assert.Equal(5, Ahead().Count(treatment)); // decision, permit, ordered, received, delivered
        Assert.Contains("In force", page, StringComparison.Ordinal);
        Assert.Contains("None yet.", page, StringComparison.Ordinal); // released
    }

    [Fact]
    public async Task Ends_the_steps_of_a_source_whose_transfer_was_stopped()
    {
        var page = await stage.PageAsync($"/permits/{PageStage.Ended}?lang=en");
        var treatment = Between(page, ">treatment</h3>", "</ol>");
        Assert.Equal(0, Ahead().Count(treatment));
        Assert.Contains("Transfer stopped", treatment, StringComparison.Ordinal);
        Assert.Contains("Key shredded", treatment, StringComparison.Ordinal);
        Assert.DoesNotContain("Delivered", treatment, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tells_of_an_approval_taken_back_and_of_what_was_withdrawn()
    {
        const string Open = "\"openedAt\":\"2026-11-20T09:00:00+00:00\"";
        const string Withdrawn = "\"withdrawnAt\":\"2026-11-25T11:00:00+00:00\"";
        stage.Answers["/v1/register"] = stage
            .Answers["/v1/register"]
            .Replace($"\"sources\":[\"treatment\"],{Open}}}", $"\"sources\":[\"treatment\"],{Open},{Withdrawn}}}", StringComparison.Ordinal)
            .Replace(
                """
                "approvals":[{"kind":"ethics","authority":"rek"}],
                """,
                $$$"""
                {{{Withdrawn}}},"revokedAt":"2026-11-25T12:00:00+00:00",
                "approvals":[{"kind":"ethics","authority":"rek","revocation":{"reasons":"New facts.","at":"2026-11-25T12:00:00+00:00"}}],
                """,
                StringComparison.Ordinal
            )
            .Replace(
                """
                "decision":{"outcome":"refused","reasons":"Not a public body.","decidedAt":"2026-11-12T09:00:00+00:00"}
                """,
                Withdrawn,
                StringComparison.Ordinal
            );
        var page = await stage.PageAsync($"/permits/{PageStage.Young}?lang=en");
        var treatment = Between(page, ">treatment</h3>", "</ol>");
        Assert.Contains("Withdrawn by the applicant", treatment, StringComparison.Ordinal);
        Assert.Equal(0, Ahead().Count(treatment));
        var cancer = Between(page, ">cancer</h3>", "</ol>");
        Assert.Contains("Out of the permit", cancer, StringComparison.Ordinal);
        Assert.Equal(0, Ahead().Count(cancer));
        var timeline = Between(page, "<ol class=\"moments\">", "</ol>");
        Assert.Contains("The application was withdrawn by the applicant", timeline, StringComparison.Ordinal);
        Assert.Contains("Ethics approval: revoked", timeline, StringComparison.Ordinal);
        Assert.Contains("New facts.", timeline, StringComparison.Ordinal);
        var front = await stage.PageAsync("/?lang=en");
        Assert.Contains("data-color=\"neutral\">Withdrawn</span>", Between(front, "Refused one", "</article>"), StringComparison.Ordinal);
        var ended = Between(front, "id=\"ended\"", "</section>");
        Assert.Contains("the regional ethics committee", ended, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/permits/01993f00aaaa7bbb8ccc00000000000f")]
    [InlineData("/permits/x")]
    [InlineData("/permits/..%2F..%2Fpermit")]
    [InlineData("/permits/%3Cscript%3E")]
    public async Task Says_that_there_is_no_such_permit(string address)
    {
        using var response = await stage.Browser.GetAsync(address + "?lang=nb", Cancel);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        var page = await response.Content.ReadAsStringAsync(Cancel);
        Assert.Contains("Det er ingen tillatelse med denne id-en.", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Asks_once_however_many_look_at_once()
    {
        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => stage.PageAsync($"/permits/{PageStage.Ended}?lang=en")));
        string[] asked = ["/v1/register", "/v1/deliveries", "/v1/releases"];
        Assert.Equal(asked.Order(StringComparer.Ordinal), stage.Calls.Keys.Order(StringComparer.Ordinal));
        Assert.All(asked, path => Assert.Equal(1, stage.Calls[path]));
        stage.Time.Advance(TimeSpan.FromSeconds(1));
        await stage.PageAsync($"/permits/{PageStage.Ended}?lang=en");
        Assert.All(asked, path => Assert.Equal(2, stage.Calls[path]));
    }

    [Fact]
    public async Task Asks_one_question_about_a_lineage_that_is_not_there()
    {
        stage.Answers["/v1/register"] = """{"items":[],"next":null}""";
        for (var n = 0; n < 3; n++)
        {
            using var response = await stage.Browser.GetAsync("/permits/01993f00aaaa7bbb8ccc00000000000f", Cancel);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        }

        Assert.Equal(("/v1/register", 1), Assert.Single(stage.Calls.Select(call => (call.Key, call.Value))));
    }

    [Fact]
    public async Task Says_that_the_register_is_away()
    {
        stage.Answers.Remove("/v1/register");
        using var response = await stage.Browser.GetAsync($"/permits/{PageStage.Ended}?lang=nb", Cancel);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Contains("svarer ikke", await response.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Says_which_of_its_parts_is_away()
    {
        stage.Answers.Remove("/v1/deliveries");
        stage.Answers.Remove("/v1/releases");
        var page = await stage.PageAsync($"/permits/{PageStage.Ended}?lang=en");
        Assert.Equal(2, Away().Count(page));
        Assert.Contains("The key is shredded", page, StringComparison.Ordinal);
    }

    private static string Between(string text, string from, string to)
    {
        var start = text.IndexOf(from, StringComparison.Ordinal);
        Assert.True(start >= 0, $"'{from}' is missing.");
        return text[start..text.IndexOf(to, start, StringComparison.Ordinal)];
    }

    [GeneratedRegex("datetime=\"([^\"]+)\"")]
    private static partial Regex Machine();

    [GeneratedRegex("class=\"ahead\"")]
    private static partial Regex Ahead();

    [GeneratedRegex("Not available now")]
    private static partial Regex Away();
}
