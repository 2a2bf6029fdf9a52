using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace HealthDataNode.Services.Tests.ReferenceSpe;

/// <summary>The door asks the node before it says anything about a workspace (EHDS 73(1)(a)).</summary>
public sealed class Standing_at_the_door : IAsyncLifetime
{
    private readonly SpeRoom room = new();

    public ValueTask InitializeAsync() => room.InitializeAsync();

    public ValueTask DisposeAsync() => room.DisposeAsync();

    [Fact]
    [Trait("Invariant", "1")]
    [Trait("Article", "EHDS 73(1)(a)")]
    public async Task Shows_a_person_the_workspaces_that_it_may_enter()
    {
        var rooms = await room.Nora.GetFromJsonAsync<JsonElement>("/v1/workspaces", TestContext.Current.CancellationToken);
        Assert.Equal($$"""[{"lineage":"{{room.Grant.Lineage}}","sources":["cancer","death"]}]""", rooms.GetRawText());
        using var ivar = await room.World.PersonAsync(SpeWorld.Ivar);
        Assert.Equal("[]", await ivar.GetStringAsync("/v1/workspaces", TestContext.Current.CancellationToken));
    }

    [Fact]
    [Trait("Invariant", "1")]
    [Trait("Article", "EHDS 73(1)(a)")]
    public async Task Refuses_a_person_who_is_not_in_the_permit_and_tells_the_node()
    {
        using var ivar = await room.World.PersonAsync(SpeWorld.Ivar);
        using var submitted = await room.SubmitAsync("SELECT 1 AS one", ivar);
        Assert.Equal(HttpStatusCode.NotFound, submitted.StatusCode);
        using var mine = await room.SubmitAsync("SELECT 1 AS one");
        using var read = await ivar.GetAsync(mine.Headers.Location, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, read.StatusCode);
        await SpeWorld.UntilAsync(
            "the refusals are in the audit log",
            () => room.World.Node.Audit.Count(e => e.Action == "access-refused" && e.Sub == SpeWorld.Ivar) == 2
        );
        var entry = room.World.Node.Audit.First(e => e.Action == "access-refused");
        Assert.Equal(room.Grant.Lineage, entry.Details!["lineage"]);
        Assert.Equal("/v1/workspaces/{lineage}/jobs", entry.Details["route"]);
    }

    [Fact]
    [Trait("Invariant", "1")]
    [Trait("Article", "EHDS 73(1)(a)")]
    public async Task Lets_nobody_in_while_the_node_does_not_answer()
    {
        room.World.Node.IsSilent = true;
        using var submitted = await room.SubmitAsync("SELECT 1 AS one");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, submitted.StatusCode);
        using var listed = await room.Nora.GetAsync(new Uri("/v1/workspaces", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, listed.StatusCode);
        room.World.Node.IsSilent = false;
        using var again = await room.SubmitAsync("SELECT 1 AS one");
        Assert.Equal(HttpStatusCode.Accepted, again.StatusCode);
    }

    [Theory]
    [InlineData("another nonce")]
    [InlineData("another person")]
    [InlineData("another workspace")]
    [InlineData("another caller")]
    [InlineData("an older version")]
    [InlineData("another signer")]
    [InlineData("no signature")]
    public async Task Believes_no_answer_but_permits_own_to_this_question(string what)
    {
        var permit = room.World.SignerOf("permit");
        room.World.Node.Answer = answer =>
            what switch
            {
                "another nonce" => permit.Sign(answer with { Nonce = "0123456789abcdef" }).Text,
                "another person" => permit.Sign(answer with { Sub = SpeWorld.Ivar }).Text,
                "another workspace" => permit.Sign(answer with { Lineage = "lineage-other" }).Text,
                "another caller" => permit.Sign(answer with { Caller = "otherspe" }).Text,
                "an older version" => permit.Sign(answer with { Version = 0, Allowed = false }).Text,
                "another signer" => room.World.SignerOf("gateway").Sign(answer).Text,
                _ => """{"allowed":true}""",
            };
        using var submitted = await room.SubmitAsync("SELECT 1 AS one");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, submitted.StatusCode);
    }

    [Fact]
    public async Task Asks_anew_at_every_call()
    {
        var before = room.World.Node.Questions;
        using var mine = await room.SubmitAsync("SELECT 1 AS one");
        room.World.Node.Persons.Clear();
        using var read = await room.Nora.GetAsync(mine.Headers.Location, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, read.StatusCode);
        Assert.True(room.World.Node.Questions >= before + 2);
    }

    [Fact]
    public async Task Takes_nothing_from_a_page_of_somebody_else()
    {
        using var forged = await room.World.PersonAsync(SpeWorld.Nora, csrf: false);
        using var submitted = await room.SubmitAsync("SELECT 1 AS one", forged);
        Assert.Equal(HttpStatusCode.Forbidden, submitted.StatusCode);
        forged.DefaultRequestHeaders.Add("X-CSRF", "guess");
        using var guessed = await room.SubmitAsync("SELECT 1 AS one", forged);
        Assert.Equal(HttpStatusCode.Forbidden, guessed.StatusCode);
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("a machine")]
    [InlineData("a made-up cookie")]
    public async Task Knows_only_whom_it_signed_in(string who)
    {
        using var client = who == "a machine" ? room.World.Machine() : new HttpClient { BaseAddress = room.World.Address };
        if (who == "a made-up cookie")
        {
            client.DefaultRequestHeaders.Add("Cookie", room.Nora.DefaultRequestHeaders.GetValues("Cookie").Single()[..^5] + "AAAAA");
        }

        foreach (var path in (string[])["/session", "/v1/workspaces", $"/v1/workspaces/{room.Grant.Lineage}/jobs/1"])
        {
            using var answer = await client.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        }

        Assert.DoesNotContain(room.World.Node.Audit, e => e.Action is "call-refused" or "access-refused");
    }

    [Fact]
    public async Task Does_not_let_a_person_into_the_ingress()
    {
        using var answer = await room.Nora.PostAsJsonAsync("/ingress/v1/orders/1/manifest", new { }, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("SELECT '\0'")]
    public async Task Takes_no_job_without_sql(string sql)
    {
        using var answer = await room.SubmitAsync(sql);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.True(problem.GetProperty("errors").TryGetProperty("sql", out _));
    }

    [Fact]
    public async Task Keeps_sessions_over_a_restart_and_ends_them_at_the_sign_out()
    {
        var cookie = room.Nora.DefaultRequestHeaders.GetValues("Cookie").Single();
        var csrf = room.Nora.DefaultRequestHeaders.GetValues("X-CSRF").Single();
        await room.World.StopAsync();
        await room.World.StartAsync();
        using var client = new HttpClient { BaseAddress = room.World.Address };
        client.DefaultRequestHeaders.Add("Cookie", cookie);
        var session = await client.GetFromJsonAsync<JsonElement>("/session", TestContext.Current.CancellationToken);
        Assert.Equal((SpeWorld.Nora, csrf), (session.GetProperty("sub").GetString(), session.GetProperty("csrf").GetString()));
        using var forged = await client.PostAsync(new Uri("/signout", UriKind.Relative), null, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Forbidden, forged.StatusCode);
        client.DefaultRequestHeaders.Add("X-CSRF", csrf);
        using var signedOut = await client.PostAsync(new Uri("/signout", UriKind.Relative), null, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, signedOut.StatusCode);
        using var after = await client.GetAsync(new Uri("/session", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Unauthorized, after.StatusCode);
    }

    [Fact]
    public async Task Answers_nobody_more_often_than_it_may()
    {
        await room.World.StopAsync();
        await room.World.StartAsync(true, ("Door:RequestsPerSecond", "1"));
        using var hasty = await room.World.PersonAsync(SpeWorld.Nora);
        using var other = await room.World.PersonAsync(SpeWorld.Ivar);
        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 12; i++)
        {
            using var answer = await hasty.GetAsync(new Uri("/v1/workspaces", UriKind.Relative), TestContext.Current.CancellationToken);
            answers.Add(answer.StatusCode);
        }

        Assert.Equal(HttpStatusCode.OK, answers[0]);
        Assert.Contains(HttpStatusCode.TooManyRequests, answers);
        using var another = await other.GetAsync(new Uri("/v1/workspaces", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, another.StatusCode);
    }

    [Fact]
    public async Task Numbers_its_audit_entries_without_a_gap()
    {
        using var submitted = await room.SubmitAsync("SELECT 1 AS one");
        await SpeWorld.UntilAsync("the job's end is there", () => room.World.Node.Audit.Any(e => e.Action == "job-ended"));
        var numbers = room.World.Node.Audit.Select(e => e.Number!.Value).Order().ToList();
        Assert.Equal(Enumerable.Range(1, numbers.Count).Select(n => (long)n), numbers);
        Assert.All(room.World.Node.Audit, e => Assert.True(e.Sub is null or SpeWorld.Nora));
    }
}
