using System.Text.Json.Nodes;

namespace HealthDataNode.Services.Tests.Permit;

[Trait("Article", "EHDS 68(4)")]
public sealed class Asking_an_applicant_for_information(PostgresFixture postgres)
{
    private static readonly object Question = new
    {
        questions = new[] { new { field = "safeguards", comment = "Who checks small cells?" } },
    };

    [Fact]
    public async Task Stops_the_clock_until_the_answer()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, id) = await world.SubmitAsync();
        world.Time.Advance(TimeSpan.FromDays(3));
        var asked = await (await world.Officer.PostJsonAsync($"v1/cases/{id}/information-requests", Question)).JsonAsync();
        Assert.Equal("awaiting-additional-information", (string?)asked["state"]);
        Assert.Null(Clock(asked, "T03")["dueAt"]);
        // Four weeks from 12 April are Ascension Day, hence the day after.
        Assert.Equal("2029-05-11T22:00:00+00:00", (string?)Clock(asked, "T02")["dueAt"]);

        // Nothing is judged meanwhile, and nobody asks twice.
        Assert.Equal(
            (409, "information-outstanding"),
            await (
                await world.Officer.PostJsonAsync($"v1/cases/{id}/preparation", new { outcome = "granted", reasons = "x" })
            ).ProblemAsync()
        );
        Assert.Equal(
            (409, "information-outstanding"),
            await (await world.Officer.PostJsonAsync($"v1/cases/{id}/information-requests", Question)).ProblemAsync()
        );
        Assert.Equal((409, "information-outstanding"), await (await world.DecideAsync(id)).ProblemAsync());

        world.Time.Advance(TimeSpan.FromDays(10));
        var answered = await (
            await world.Applicant.PostJsonAsync($"v1/applications/{application}/information", new { answer = "A colleague does." })
        ).JsonAsync();
        Assert.Equal("processing", (string?)answered["cases"]![0]!["state"]);
        // Ten days stood still: 9 July becomes 19 July.
        Assert.Equal("2029-07-19T22:00:00+00:00", (string?)Clock(answered["cases"]![0]!, "T03")["dueAt"]);
        Assert.NotNull(Clock(answered["cases"]![0]!, "T02")["ended"]);
        Assert.Equal("A colleague does.", (string?)answered["cases"]![0]!["information"]![0]!["answer"]);
        Assert.Single(await world.EventsAsync("permit.information-requested"));
        Assert.Single(await world.EventsAsync("permit.information-given"));
    }

    [Fact]
    public async Task Lets_the_applicant_correct_the_application_which_must_be_complete_again()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, id) = await world.SubmitAsync();
        (await world.Officer.PostJsonAsync($"v1/cases/{id}/information-requests", Question)).EnsureSuccessStatusCode();
        var content = PermitWorld.Complete();
        content["sources"]![0]!["variables"] = new JsonArray("unknown");
        var path = $"v1/applications/{application}/information";
        Assert.Equal(
            (400, "application-incomplete"),
            await (await world.Applicant.PostJsonAsync(path, new { answer = "Corrected.", content })).ProblemAsync()
        );
        content["sources"]![0]!["variables"] = new JsonArray("icd10");
        var corrected = await (await world.Applicant.PostJsonAsync(path, new { answer = "Corrected.", content })).JsonAsync();
        Assert.Equal("icd10", (string?)corrected["cases"]![0]!["sources"]![0]!["columns"]![0]!["name"]);
    }

    [Fact]
    public async Task Ends_after_four_weeks_and_then_the_permit_is_not_issued()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, id) = await world.SubmitAsync();
        (await world.Officer.PostJsonAsync($"v1/cases/{id}/information-requests", Question)).EnsureSuccessStatusCode();
        world.Time.MoveTo(new DateTimeOffset(2029, 5, 7, 22, 0, 0, TimeSpan.Zero));
        Assert.Equal(
            (409, "completion-window-closed"),
            await (
                await world.Applicant.PostJsonAsync($"v1/applications/{application}/information", new { answer = "Late." })
            ).ProblemAsync()
        );
        Assert.Equal(
            (409, "completion-window-closed"),
            await (
                await world.Officer.PostJsonAsync($"v1/cases/{id}/preparation", new { outcome = "granted", reasons = "x" })
            ).ProblemAsync()
        );
        (
            await world.Officer.PostJsonAsync($"v1/cases/{id}/preparation", new { outcome = "refused", reasons = "Not completed." })
        ).EnsureSuccessStatusCode();
        Assert.Equal((409, "completion-window-closed"), await (await world.DecideAsync(id)).ProblemAsync());
        (await world.DecideAsync(id, "refused")).EnsureSuccessStatusCode();
    }

    [Fact]
    public async Task Is_for_a_case_officer_and_answered_by_the_applicant()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (application, id) = await world.SubmitAsync();
        Assert.Equal(
            (403, "forbidden"),
            await (await world.Maker.PostJsonAsync($"v1/cases/{id}/information-requests", Question)).ProblemAsync()
        );
        Assert.Equal(
            (409, "no-information-requested"),
            await (await world.Applicant.PostJsonAsync($"v1/applications/{application}/information", new { answer = "x" })).ProblemAsync()
        );
        (await world.Officer.PostJsonAsync($"v1/cases/{id}/information-requests", Question)).EnsureSuccessStatusCode();
        Assert.Equal(
            (404, "not-found"),
            await (await world.Colleague.PostJsonAsync($"v1/applications/{application}/information", new { answer = "x" })).ProblemAsync()
        );
    }

    [Fact]
    public async Task Or_extending_the_limit_once_with_reasons()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        var (_, id) = await world.SubmitAsync();
        Assert.Equal(
            (400, "invalid-request"),
            await (await world.Officer.PostJsonAsync($"v1/cases/{id}/extension", new { reasons = "" })).ProblemAsync()
        );
        var extended = await (await world.Officer.PostJsonAsync($"v1/cases/{id}/extension", new { reasons = "Many sources." })).JsonAsync();
        Assert.Equal("2029-10-09T22:00:00+00:00", (string?)Clock(extended, "T03")["dueAt"]);
        Assert.Equal("Many sources.", (string?)Clock(extended, "T03")["extension"]!["reasons"]);
        Assert.Equal(
            (409, "not-extensible"),
            await (await world.Officer.PostJsonAsync($"v1/cases/{id}/extension", new { reasons = "More." })).ProblemAsync()
        );
    }

    private static JsonNode Clock(JsonNode handled, string rule) =>
        handled["clocks"]!.AsArray().Last(clock => (string?)clock!["rule"] == rule)!;
}
