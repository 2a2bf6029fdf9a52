using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.ReferenceSpe.Rooms;
using HealthDataNode.ReferenceSpe.State;
using Microsoft.Extensions.DependencyInjection;

namespace HealthDataNode.Services.Tests.ReferenceSpe;

/// <summary>The door asks the node before it says anything about a workspace (EHDS 73(1)(a)).</summary>
public sealed class Standing_at_the_door : IAsyncLifetime
{
    private readonly SpeRoom room = new();
    private readonly ShiftedTime time = new();

    public ValueTask InitializeAsync()
    {
        room.World.Configure = builder => builder.Services.AddSingleton<TimeProvider>(time);
        return room.InitializeAsync();
    }

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
    [Trait("Article", "EHDS 73(1)(a)")]
    public async Task Shows_a_person_its_rooms_while_others_are_closed_and_asks_about_its_own_alone()
    {
        var (strangers, broken) = (new Grant(room.World), new Grant(room.World));
        strangers = strangers.Instead(room.World, permit => permit with { Persons = [SpeWorld.Ivar] });
        foreach (var grant in new[] { strangers, broken })
        {
            var receipts = room.World.Node.Receipts.Count;
            await new Consignment(
                room.World,
                grant,
                "death",
                [
                    [
                        ["berit", "2018-01-11", "true"],
                    ],
                ]
            ).SendAsync();
            await SpeWorld.UntilAsync("it is open", () => room.World.Node.Receipts.Count > receipts);
            // A version that this environment cannot take in: its room stays closed.
            room.World.Node.Permits[grant.Lineage] = grant
                .Next(room.World, p => p with { Spe = p.Spe with { Key = new string('A', 43) } })
                .Permit;
        }

        var leases = room.World.Services.GetRequiredService<RoomLeases>();
        await SpeWorld.UntilAsync("both are closed", () => !leases.IsOpen(strangers.Lineage) && !leases.IsOpen(broken.Lineage));
        await room.UntilOpenAsync();
        var before = room.World.Node.Questions;
        var rooms = await room.Nora.GetFromJsonAsync<JsonElement>("/v1/workspaces", TestContext.Current.CancellationToken);
        Assert.Equal($$"""[{"lineage":"{{room.Grant.Lineage}}","sources":["cancer","death"]}]""", rooms.GetRawText());
        Assert.Equal(before + 1, room.World.Node.Questions);
        using var ivar = await room.World.PersonAsync(SpeWorld.Ivar);
        using var unknown = await ivar.GetAsync(new Uri("/v1/workspaces", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, unknown.StatusCode);
    }

    [Fact]
    [Trait("Invariant", "1")]
    [Trait("Article", "EHDS 73(1)(a)")]
    public async Task Refuses_a_person_who_is_not_in_the_permit_and_tells_the_node()
    {
        using var ivar = await room.World.PersonAsync(SpeWorld.Ivar);
        using var submitted = await room.SubmitAsync("SELECT 1 AS one", ivar);
        Assert.Equal(RefusalRow.Call("R34"), await SpeRoom.ProblemAsync(submitted));
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
    [InlineData("past its end")]
    [InlineData("later than three seconds")]
    [InlineData("another signer")]
    [InlineData("no signature")]
    public async Task Believes_no_answer_but_permits_own_to_this_question(string what)
    {
        var permit = room.World.SignerOf("permit");
        room.World.Node.Permits[room.Grant.Lineage] = room.Grant.Next(room.World).Permit;
        await SpeWorld.UntilAsync(
            "version 2 is here",
            () => room.World.Services.GetRequiredService<Lineages>().VersionOf(room.Grant.Lineage) == 2
        );
        await room.UntilOpenAsync();
        room.World.Node.Answer = answer =>
            what switch
            {
                "another nonce" => permit.Sign(answer with { Nonce = "0123456789abcdef" }).Text,
                "another person" => permit.Sign(answer with { Sub = SpeWorld.Ivar }).Text,
                "another workspace" => permit.Sign(answer with { Lineage = "lineage-other" }).Text,
                "another caller" => permit.Sign(answer with { Caller = "otherspe" }).Text,
                "an older version" => permit.Sign(answer with { Version = 1 }).Text,
                "past its end" => permit.Sign(answer with { At = answer.At - 9, Until = answer.At }).Text,
                "later than three seconds" => Late(permit.Sign(answer).Text),
                "another signer" => room.World.SignerOf("gateway").Sign(answer).Text,
                _ => """{"allowed":true}""",
            };
        using var submitted = await room.SubmitAsync("SELECT 1 AS one");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, submitted.StatusCode);

        string Late(string text)
        {
            time.Pass(TimeSpan.FromSeconds(4));
            return text;
        }
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

    /// <summary>A role that was taken away is not believed for as long as somebody comes back.</summary>
    [Fact]
    [Trait("Invariant", "3")]
    [Trait("Article", "EHDS 73(2)")]
    public async Task Ends_a_session_after_its_time_however_often_it_is_used()
    {
        using var checker = await room.World.PersonAsync(SpeWorld.Ivar, role: "output-checker", authority: "hdab");
        foreach (var (minutes, expected) in new[] { (40, HttpStatusCode.OK), (70, HttpStatusCode.Unauthorized) })
        {
            time.Shift = TimeSpan.FromMinutes(minutes);
            using var answer = await checker.GetAsync(new Uri("/session", UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.Equal(expected, answer.StatusCode);
        }
    }

    [Theory]
    [InlineData("GET", "/v1/nothing", null, 404, "not-found")]
    [InlineData("PUT", "/v1/workspaces", null, 405, "method-not-allowed")]
    [InlineData("POST", "/v1/workspaces/{lineage}/jobs", "text/plain", 415, "unsupported-media-type")]
    [InlineData("POST", "/v1/workspaces/{lineage}/jobs", "application/json", 400, "invalid-request")]
    [InlineData("GET", "/v1/outputs", null, 403, "forbidden")]
    [InlineData("POST", "/ingress/v1/orders/1/manifest", null, 401, "unauthenticated")]
    public async Task Says_what_to_do_whatever_it_refuses(string method, string path, string? type, int status, string problem)
    {
        using var request = new HttpRequestMessage(
            new HttpMethod(method),
            path.Replace("{lineage}", room.Grant.Lineage, StringComparison.Ordinal)
        );
        if (type is not null)
        {
            request.Content = new StringContent("{", System.Text.Encoding.UTF8, type);
        }

        using var answer = await room.Nora.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(status, (int)answer.StatusCode);
        var said = await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.EndsWith("/" + problem, said.GetProperty("type").GetString(), StringComparison.Ordinal);
        Assert.EndsWith(".", said.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Invariant", "11")]
    [Trait("Article", "EHDS 73(1)(e)")]
    public async Task Keeps_its_own_log_for_a_year_after_the_node_has_it()
    {
        Assert.Equal(["first"], await AfterAsync("first", days: 0));
        Assert.Equal(["first", "second"], await AfterAsync("second", days: 365));
        Assert.Equal(["second", "third"], await AfterAsync("third", days: 367));

        async Task<IEnumerable<string>> AfterAsync(string action, int days)
        {
            time.Shift = TimeSpan.FromDays(days);
            room.World.Services.GetRequiredService<HealthDataNode.ReferenceSpe.State.Outbox>().AddAudit(action, SpeWorld.Ivar);
            await SpeWorld.UntilAsync("it is kept", () => Kept().Contains(action));
            Assert.Contains(room.World.Node.Audit, entry => entry.Action == action);
            return Kept().Intersect(["first", "second", "third"]);
        }
        List<string> Kept()
        {
            using var connection = room.World.Services.GetRequiredService<StateDatabase>().Open();
            return connection.Query(
                "SELECT entry FROM audit_log ORDER BY rowid",
                row => JsonSerializer.Deserialize(Jws.Read(row.GetString(0)).Payload.Span, AuditEntry.Json)!.Action
            );
        }
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
