using System.Text.Json;
using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace HealthDataNode.Services.Tests.Permit;

public sealed class Keeping_the_history_of_applications(PostgresFixture postgres)
{
    [Fact]
    public async Task Rebuilds_every_state_from_the_events()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        await EveryCourseAsync(world);
        await using var scope = world.Host.Services.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<PermitDb>();
        var cancellation = TestContext.Current.CancellationToken;
        var events = await database.Events.AsNoTracking().ToListAsync(cancellation);
        // Every kind of event has happened.
        var kinds = typeof(ApplicationEvent)
            .Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(ApplicationEvent)) && !type.IsAbstract);
        Assert.Equal(kinds.Count(), events.Select(row => row.Type).Distinct().Count());

        var rebuilt = events
            .GroupBy(row => row.ApplicationId)
            .Select(history => Application.Fold(history.Key, EventJson.ToEvents(history.OrderBy(row => row.Sequence)))!)
            .Select(Projection.Of)
            .ToList();
        Same(rebuilt.Select(rows => rows.Application), await database.Applications.AsNoTracking().ToListAsync(cancellation), row => row.Id);
        Same(rebuilt.SelectMany(rows => rows.Cases), await database.Cases.AsNoTracking().ToListAsync(cancellation), row => row.Id);
        Same(
            rebuilt.SelectMany(rows => rows.Clocks),
            await database.Clocks.AsNoTracking().ToListAsync(cancellation),
            row => (row.CaseId, row.Number)
        );
        Same(
            rebuilt.SelectMany(rows => rows.Suspensions),
            await database.Suspensions.AsNoTracking().ToListAsync(cancellation),
            row => (row.CaseId, row.Clock, row.Number)
        );
        Same(
            rebuilt.SelectMany(rows => rows.Stages),
            await database.Stages.AsNoTracking().ToListAsync(cancellation),
            row => (row.CaseId, row.Number)
        );
        Same(
            rebuilt.SelectMany(rows => rows.Approvals),
            await database.Approvals.AsNoTracking().ToListAsync(cancellation),
            row => (row.ApplicationId, row.Kind)
        );
        Same(
            rebuilt.SelectMany(rows => rows.Permits),
            await database.Permits.AsNoTracking().ToListAsync(cancellation),
            row => (row.Lineage, row.Version)
        );
    }

    [Fact]
    public async Task Reads_what_was_written_while_one_authority_decided_on_everything()
    {
        const string lineage = "l-0123456789abcdef0123";
        var (application, handled) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        var content = PermitWorld.Complete().ToJsonString();
        var sources =
            """[{"source":"cancer","holder":"cancerregistry","identifierBudget":1100,"columns":[{"name":"icd10","type":"string"}]}]""";
        (string Type, string Payload)[] history =
        [
            ("application-drafted", $$"""{"applicant":{"sub":"sub-nora","org":"999000301"},"content":{{content}}}"""),
            ("application-submitted", $$"""{"sources":{{sources}}}"""),
            (
                "fee-estimated",
                """{"currency":"NOK","lines":[{"authority":"hdab","rule":"assessment","text":"Assessment","amount":4620}]}"""
            ),
            ("case-opened", $$"""{"case":"{{handled}}","authority":"hdab","profile":"EHDS-2029"}"""),
            ("information-requested", """{"questions":[{"field":"title","comment":"Which treatment?"}]}"""),
            ("information-given", $$"""{"answer":"Surgery.","content":{{content}},"sources":{{sources}}}"""),
            ("clock-extended", """{"reasons":"Many sources."}"""),
            ("case-prepared", """{"outcome":"granted","reasons":"All of 68(1) is met."}"""),
            ("case-decided", """{"outcome":"granted","reasons":"As proposed."}"""),
            ("decision-published", "{}"),
            (
                "permit-issued",
                $$"""{"permit":{"lineage":"{{lineage}}","version":1,"digest":"{{new string('a', 64)}}","document":"a.b.c","issuedAt":"2029-04-09T08:00:00+00:00","from":"2029-04-09T08:00:00+00:00","to":"2031-04-08T22:00:00+00:00","spe":"referencespe"} }"""
            ),
        ];
        await using var world = await PermitWorld.StartAsync(postgres);
        await using var scope = world.Host.Services.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<PermitDb>();
        database.AddRange(
            history.Select(
                (one, i) =>
                    new EventRow
                    {
                        ApplicationId = application,
                        Sequence = i + 1,
                        Type = one.Type,
                        Payload = one.Payload,
                        At = PermitWorld.Start,
                        Actor = "sub-nora",
                    }
            )
        );
        await database.SaveChangesAsync(TestContext.Current.CancellationToken);

        var read = (
            await scope.ServiceProvider.GetRequiredService<ApplicationStore>().LoadAsync(application, TestContext.Current.CancellationToken)
        )!;
        var one = Assert.Single(read.Cases);
        Assert.Equal((handled, CaseState.Decided, "cancer"), (one.Id, one.State, Assert.Single(one.Sources).Source));
        Assert.Equal("Surgery.", Assert.Single(one.Rounds).Answer);
        Assert.Empty(read.Approvals);
        Assert.Equal((4620, "2026-1"), (read.Fee!.Total, read.Fee.Rules));
        Assert.Equal(["cancer"], read.Permit!.Sources);
        Assert.Equal("cancerregistry", Assert.Single(Assert.Single(Projection.Of(read).Permits).Holders));
    }

    [Theory]
    [InlineData("UPDATE permit.application_events SET actor = 'somebody'")]
    [InlineData("DELETE FROM permit.application_events")]
    [InlineData("TRUNCATE permit.application_events")]
    public async Task Lets_nobody_change_it(string sql)
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        await world.SubmitAsync();
        var asOwner = new NpgsqlConnectionStringBuilder(world.Database) { Username = "permit_owner" }.ConnectionString;
        foreach (var connectionString in new[] { world.Database, asOwner })
        {
            await using var connection = new NpgsqlConnection(connectionString);
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var command = new NpgsqlCommand(sql, connection);
            var refusal = await Assert.ThrowsAsync<PostgresException>(() =>
                command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken)
            );
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refusal.SqlState);
        }
    }

    [Fact]
    public async Task Has_the_schema_that_the_code_expects()
    {
        await using var world = await PermitWorld.StartAsync(postgres);
        await using var scope = world.Host.Services.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<PermitDb>();
        var mapped = database
            .Model.GetEntityTypes()
            .Where(entity => entity.GetSchema() == "permit")
            .SelectMany(entity => entity.GetProperties().Select(property => (entity, property)))
            .Where(pair => pair.property.GetColumnName() != "xmin")
            .Select(pair =>
                $"{pair.entity.GetTableName()}.{pair.property.GetColumnName()} {pair.property.GetColumnType()} {(pair.property.IsColumnNullable() ? "null" : "not null")}"
            );
        var stored = await world.QueryAsync(
            """
            SELECT c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE ' null' END
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'permit' AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
            """
        );
        Assert.Equal(mapped.Order(StringComparer.Ordinal), stored.Cast<string>().Order(StringComparer.Ordinal));
    }

    private static async Task EveryCourseAsync(PermitWorld world)
    {
        // Two authorities, one of which takes its decision back; then the end of the other's, to the shredding.
        var (three, hdab, trust) = await world.SubmitToBothAsync();
        foreach (var kind in new[] { "ethics", "dispensation" })
        {
            (await world.ApproveAsync(three, kind)).EnsureSuccessStatusCode();
        }
        var common = (string)(await (await world.DecideAtHdabAsync(hdab)).JsonAsync())["permit"]!["lineage"]!;
        (await world.DecideAtTrustAsync(trust)).EnsureSuccessStatusCode();
        foreach (var maker in new[] { world.TrustMaker, world.Maker })
        {
            (await maker.PostJsonAsync($"v1/permits/{common}/revocation", new { reasons = "Breach." })).EnsureSuccessStatusCode();
        }
        await world.EndAsync(common);

        var draft = await world.DraftAsync([]);
        (await world.Applicant.PutJsonAsync($"v1/applications/{draft}", PermitWorld.Complete())).EnsureSuccessStatusCode();
        var lineage = await world.GrantAsync();
        (await world.Maker.PostJsonAsync($"v1/permits/{lineage}/revocation", new { reasons = "Breach." })).EnsureSuccessStatusCode();
        await world.GrantAsync();

        // An approval that is taken back under a permit; an application that is while one case is decided and one waits.
        var (doubted, one, _) = await world.SubmitToBothAsync();
        (await world.ApproveAsync(doubted)).EnsureSuccessStatusCode();
        (await world.DecideAtHdabAsync(one)).EnsureSuccessStatusCode();
        (await world.RevokeApprovalAsync(doubted)).EnsureSuccessStatusCode();
        var (regretted, decided, asked) = await world.SubmitToBothAsync(allOrNothing: true);
        (await world.DecideAtHdabAsync(decided)).EnsureSuccessStatusCode();
        var question = new { questions = new[] { new { field = "title", comment = "Why?" } } };
        (await world.TrustOfficer.PostJsonAsync($"v1/cases/{asked}/information-requests", question)).EnsureSuccessStatusCode();
        world.Time.Advance(TimeSpan.FromHours(3));
        (await world.WithdrawAsync(regretted)).EnsureSuccessStatusCode();

        var (application, id) = await world.SubmitAsync();
        (await world.Officer.PostJsonAsync($"v1/cases/{id}/extension", new { reasons = "Many sources." })).EnsureSuccessStatusCode();
        for (var round = 0; round < 2; round++)
        {
            world.Time.Advance(TimeSpan.FromHours(30));
            var questions = new[] { new { field = "title", comment = "Which treatment?" } };
            (await world.Officer.PostJsonAsync($"v1/cases/{id}/information-requests", new { questions })).EnsureSuccessStatusCode();
            world.Time.Advance(TimeSpan.FromHours(50));
            object answer = round == 0 ? new { answer = "Surgery." } : new { answer = "Corrected.", content = PermitWorld.Complete() };
            (await world.Applicant.PostJsonAsync($"v1/applications/{application}/information", answer)).EnsureSuccessStatusCode();
        }
        (
            await world.Officer.PostJsonAsync($"v1/cases/{id}/preparation", new { outcome = "refused", reasons = "Not needed." })
        ).EnsureSuccessStatusCode();
        (await world.DecideAsync(id, "refused")).EnsureSuccessStatusCode();

        // And one that waits: an open suspension.
        var (_, waiting) = await world.SubmitAsync();
        var open = new[] { new { field = "title", comment = "Why?" } };
        (await world.Officer.PostJsonAsync($"v1/cases/{waiting}/information-requests", new { questions = open })).EnsureSuccessStatusCode();
    }

    private static void Same<T, TKey>(IEnumerable<T> rebuilt, IEnumerable<T> stored, Func<T, TKey> key)
    {
        string[] Text(IEnumerable<T> rows) => [.. rows.OrderBy(row => key(row)!.ToString(), StringComparer.Ordinal).Select(Row)];
        var expected = Text(rebuilt);
        Assert.NotEmpty(expected);
        Assert.Equal(expected, Text(stored));
    }

    private static string Row<T>(T row)
    {
        var node = JsonSerializer.SerializeToNode(row)!.AsObject();
        node.Remove("Xmin");
        return node.ToJsonString();
    }
}
