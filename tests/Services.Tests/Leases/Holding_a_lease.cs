using System.Net;
using System.Text;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Leases;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Services.Tests.Gateway;
using HealthDataNode.Services.Tests.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealthDataNode.Services.Tests.Leases;

/// <summary>The book of leases by fake time: what opens, what pauses, what ends, and what opens nothing.</summary>
public sealed class Holding_a_lease : IDisposable
{
    private const string Lineage = "l-1";
    private readonly DocumentWorld world = new();
    private readonly PermitLeases leases;
    private readonly SpeLeases environments;

    public Holding_a_lease()
    {
        leases = new PermitLeases("gateway", world.Time);
        environments = new SpeLeases("gateway", world.Time);
        leases.Hold(Lineage, 1);
        environments.Hold(DocumentWorld.SpeParty);
    }

    public void Dispose() => world.Dispose();

    [Fact]
    [Trait("Invariant", "1")]
    public void Is_paused_before_anybody_has_answered()
    {
        Assert.Equal(LeaseStanding.Paused, leases.Of(Lineage).Standing);
        Assert.Equal(LeaseStanding.Paused, leases.Of("l-never-held").Standing);
        Assert.True(leases.WhileGood(Lineage).IsCancellationRequested);
    }

    [Fact]
    [Trait("Invariant", "1")]
    public void Is_good_for_three_seconds_from_when_the_question_was_sent()
    {
        var question = leases.Ask()!;
        world.Time.Advance(TimeSpan.FromSeconds(1.5));
        Assert.Equal(LeaseFault.None, Take(question, Answer(question)));
        Assert.True(leases.Of(Lineage).IsGood);
        world.Time.Advance(TimeSpan.FromSeconds(1.4));
        Assert.True(leases.Of(Lineage).IsGood);
        world.Time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(LeaseStanding.Paused, leases.Of(Lineage).Standing);
    }

    [Fact]
    public void Is_good_for_as_long_as_is_configured_but_never_longer_than_its_owner_says()
    {
        var longer = new PermitLeases("gateway", world.Time, TimeSpan.FromSeconds(6));
        longer.Hold(Lineage, 1);
        var question = longer.Ask()!;
        Assert.Equal(LeaseFault.None, Take(question, Answer(question) with { Until = world.Now + 5 }, longer));
        world.Time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.True(longer.Of(Lineage).IsGood);
        world.Time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.False(longer.Of(Lineage).IsGood);
        question = longer.Ask()!;
        Assert.Equal(LeaseFault.None, Take(question, Answer(question) with { Until = world.Now + 60 }, longer));
        world.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.False(longer.Of(Lineage).IsGood);
    }

    [Fact]
    [Trait("Invariant", "1")]
    public void Is_not_opened_by_an_answer_that_comes_too_late()
    {
        var question = leases.Ask()!;
        var late = Answer(question) with { Until = world.Now + 60 };
        world.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(LeaseFault.Stale, Take(question, late));
        Assert.False(leases.Of(Lineage).IsGood);
    }

    [Fact]
    [Trait("Invariant", "1")]
    public void Is_never_good_past_the_end_that_the_answer_names()
    {
        var question = leases.Ask()!;
        Assert.Equal(LeaseFault.None, Take(question, Answer(question) with { Until = world.Now + 1 }));
        world.Time.Advance(TimeSpan.FromSeconds(0.9));
        Assert.True(leases.Of(Lineage).IsGood);
        world.Time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.False(leases.Of(Lineage).IsGood);
        var next = leases.Ask()!;
        Assert.Equal(LeaseFault.Stale, Take(next, Answer(next) with { At = world.Now - 3, Until = world.Now }));
    }

    [Fact]
    [Trait("Invariant", "1")]
    public void Is_not_opened_by_an_answer_replayed_to_another_question_or_meant_for_another_party()
    {
        var first = leases.Ask()!;
        var replayed = Answer(first);
        var second = leases.Ask()!;
        Assert.Equal(LeaseFault.OtherNonce, Take(second, replayed));
        Assert.Equal(LeaseFault.OtherCaller, Take(second, Answer(second) with { Caller = DocumentWorld.SpeParty }));
        Assert.Equal(LeaseFault.OtherCaller, Take(second, Answer(second) with { Caller = "otherspe" }));
        Assert.Equal(RefusalRow.Says("R69", "answer"), leases.Of(Lineage).IsGood ? "taken" : "ignored");
        // Taken in their own turn, and a second time: the time is that of its own question, and no longer.
        Assert.Equal(LeaseFault.None, Take(first, replayed));
        world.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(LeaseFault.None, Take(first, replayed));
        world.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(leases.Of(Lineage).IsGood);
    }

    [Theory]
    [InlineData(DocumentWorld.Mallory, KeyUses.Permit, Refusal.WrongParty)]
    [InlineData("gateway", KeyUses.Gateway, Refusal.WrongUse)]
    [InlineData("speregistry", KeyUses.SpeRegistry, Refusal.WrongUse)]
    [Trait("Invariant", "1")]
    public async Task Neither_opens_nor_ends_anything_by_an_answer_that_another_has_signed(string party, string use, Refusal refusal)
    {
        var source = new PermitLeaseSource(
            () => Client(nonce => world.Signer(party, use).Sign(State(nonce, LineageStates.Revoked)).Text),
            "/v1/state-checks",
            world.Trust
        );
        var question = leases.Ask()!;
        var refused = await Assert.ThrowsAsync<DocumentRefusedException>(() =>
            source.AskAsync(question, TestContext.Current.CancellationToken)
        );
        Assert.Equal(refusal, refused.Refusal);

        using var renewal = Renewal(source);
        Assert.False(await renewal.RenewAsync(TestContext.Current.CancellationToken));
        Assert.Equal(LeaseStanding.Paused, leases.Of(Lineage).Standing);
    }

    [Fact]
    [Trait("Invariant", "1")]
    public void Is_not_opened_by_a_version_older_than_one_seen_and_not_ended_by_it()
    {
        leases.Hold(Lineage, 2);
        var question = leases.Ask()!;
        Assert.Equal(LeaseFault.None, Take(question, Answer(question)));
        Assert.False(leases.Of(Lineage).IsGood);
        Assert.Equal(LeaseFault.None, Take(question, Answer(question, LineageStates.Revoked)));
        Assert.Equal(LeaseStanding.Paused, leases.Of(Lineage).Standing);
        Assert.Equal(LeaseFault.None, Take(question, Answer(question, version: 2)));
        Assert.True(leases.Of(Lineage).IsGood);
        // Version 3 is met meanwhile: what was answered of version 2 keeps its seconds, and nothing more is taken of it.
        var running = leases.WhileGood(Lineage);
        leases.Hold(Lineage, 3);
        Assert.False(running.IsCancellationRequested);
        world.Time.Advance(TimeSpan.FromSeconds(2));
        var next = leases.Ask()!;
        Assert.Equal(LeaseFault.None, Take(next, Answer(next, version: 2)));
        world.Time.Advance(TimeSpan.FromSeconds(1.1));
        Assert.False(leases.Of(Lineage).IsGood);
        Assert.True(running.IsCancellationRequested);
    }

    [Fact]
    public void Is_not_renewed_by_the_same_version_under_another_digest()
    {
        var first = leases.Ask()!;
        Take(first, Answer(first));
        world.Time.Advance(TimeSpan.FromSeconds(2));
        var second = leases.Ask()!;
        Take(second, Answer(second, digest: DocumentWorld.Hex('e')));
        world.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(leases.Of(Lineage).IsGood);
    }

    [Fact]
    [Trait("Invariant", "10")]
    public void Ends_with_a_revocation_and_stays_ended_when_nobody_answers_any_more()
    {
        var first = leases.Ask()!;
        Take(first, Answer(first));
        var running = leases.WhileGood(Lineage);
        var second = leases.Ask()!;
        Take(second, Answer(second, LineageStates.Revoked));
        Assert.True(running.IsCancellationRequested);
        Assert.True(leases.Of(Lineage).HasEnded);
        world.Time.Advance(TimeSpan.FromDays(1));
        Assert.True(leases.Of(Lineage).HasEnded);
    }

    [Fact]
    [Trait("Invariant", "10")]
    public void Ends_when_expired_only_where_the_permit_itself_is_past_its_end()
    {
        var question = leases.Ask()!;
        Take(question, Answer(question, LineageStates.Expired));
        Assert.Equal(LeaseStanding.Paused, leases.Of(Lineage).Standing);
        leases.Hold(Lineage, 1, world.Time.GetUtcNow().AddSeconds(1));
        Assert.Equal(LeaseStanding.Paused, leases.Of(Lineage).Standing);
        world.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(leases.Of(Lineage).HasEnded);
    }

    [Fact]
    [Trait("Invariant", "1")]
    public async Task Stops_what_runs_when_it_lapses_and_lets_it_go_on_when_it_is_back()
    {
        var question = leases.Ask()!;
        Take(question, Answer(question));
        var running = leases.WhileGood(Lineage);
        Assert.False(running.IsCancellationRequested);
        world.Time.Advance(TimeSpan.FromSeconds(2.9));
        Assert.False(running.IsCancellationRequested);
        world.Time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.True(running.IsCancellationRequested);

        var back = leases.UntilGoodAsync(Lineage, TestContext.Current.CancellationToken);
        Assert.False(back.IsCompleted);
        var next = leases.Ask()!;
        Take(next, Answer(next));
        Assert.True((await back).IsGood);
        Assert.False(leases.WhileGood(Lineage).IsCancellationRequested);
    }

    [Fact]
    public void Renewed_in_time_never_stops_what_runs()
    {
        var first = leases.Ask()!;
        Take(first, Answer(first));
        var running = leases.WhileGood(Lineage);
        for (var i = 0; i < 60; i++)
        {
            world.Time.Advance(TimeSpan.FromSeconds(1));
            var question = leases.Ask()!;
            Take(question, Answer(question));
        }
        Assert.False(running.IsCancellationRequested);
    }

    [Fact]
    public async Task Waits_for_the_first_answer_but_not_for_ever()
    {
        leases.Hold("l-2");
        var settled = leases.SettledAsync("l-2", TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        Assert.False(settled.IsCompleted);
        world.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(LeaseStanding.Paused, (await settled).Standing);

        settled = leases.SettledAsync(Lineage, TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        var question = leases.Ask()!;
        Take(question, Answer(question, LineageStates.Expired));
        Assert.Equal((LeaseStanding.Paused, LineageStates.Expired), ((await settled).Standing, (await settled).State));
    }

    [Fact]
    public async Task Waits_for_an_answer_about_the_newest_version_that_was_met()
    {
        var first = leases.Ask()!;
        Take(first, Answer(first));
        leases.Hold(Lineage, 2);
        var settled = leases.SettledAsync(Lineage, TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        Assert.False(settled.IsCompleted);
        var second = leases.Ask()!;
        Take(second, Answer(second, version: 2));
        Assert.Equal((true, 2), ((await settled).IsGood, (await settled).Version));
    }

    [Fact]
    public void Is_asked_for_in_one_question_until_it_is_released()
    {
        leases.Hold("l-2");
        leases.Hold("l-3");
        Assert.Equal(["l-1", "l-2", "l-3"], leases.Ask()!.Ids.Order());
        var question = leases.Ask()!;
        Take(question, Answer(question));
        var running = leases.WhileGood(Lineage);
        leases.KeepOnly(["l-3"]);
        Assert.True(running.IsCancellationRequested);
        Assert.Equal(["l-3"], leases.Ask()!.Ids);
        leases.Release("l-3");
        Assert.Null(leases.Ask());
    }

    [Fact]
    [Trait("Invariant", "12")]
    public void Of_an_SPE_pauses_while_it_is_suspended_lapsed_or_unknown_and_never_ends()
    {
        foreach (
            var (status, standing) in new[]
            {
                (SpeStatuses.Approved, LeaseStanding.Good),
                (SpeStatuses.Suspended, LeaseStanding.Paused),
                (SpeStatuses.Lapsed, LeaseStanding.Paused),
                (SpeStatuses.Approved, LeaseStanding.Good),
            }
        )
        {
            var question = environments.Ask()!;
            var text = world
                .Signer("speregistry", KeyUses.SpeRegistry)
                .Sign(world.SpeStatePayload() with { Nonce = question.Nonce, States = [new SpeStatus(DocumentWorld.SpeParty, 1, status)] })
                .Text;
            Assert.Equal(LeaseFault.None, environments.Accept(question, SpeLeaseSource.Read(text, world.Trust)));
            Assert.Equal(standing, environments.Of(DocumentWorld.SpeParty).Standing);
        }
        var forged = world.Signer("permit", KeyUses.Permit).Sign(world.SpeStatePayload()).Text;
        Assert.Equal(Refusal.WrongUse, DocumentWorld.RefusalOf(() => SpeLeaseSource.Read(forged, world.Trust)));
    }

    [Fact]
    [Trait("Invariant", "1")]
    public async Task Is_renewed_by_one_call_for_all_and_again_after_the_owner_was_away()
    {
        leases.Hold("l-2", 1);
        var calls = 0;
        var away = false;
        var source = new PermitLeaseSource(
            () =>
                Client(nonce =>
                {
                    calls++;
                    return away
                        ? throw new HttpRequestException("away")
                        : world
                            .Signer("permit", KeyUses.Permit)
                            .Sign(
                                State(nonce, LineageStates.InForce) with
                                {
                                    States =
                                    [
                                        new LineageState(Lineage, 1, world.Permit.Digest, LineageStates.InForce),
                                        new LineageState("l-2", 1, world.Permit.Digest, LineageStates.InForce),
                                    ],
                                }
                            )
                            .Text;
                }),
            "/v1/state-checks",
            world.Trust
        );
        using var renewal = Renewal(source);
        Assert.True(await renewal.RenewAsync(TestContext.Current.CancellationToken));
        Assert.Equal(1, calls);
        Assert.True(leases.Of(Lineage).IsGood && leases.Of("l-2").IsGood);

        away = true;
        world.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.False(await renewal.RenewAsync(TestContext.Current.CancellationToken));
        Assert.Equal(LeaseStanding.Paused, leases.Of(Lineage).Standing);

        away = false;
        Assert.True(await renewal.RenewAsync(TestContext.Current.CancellationToken));
        Assert.True(leases.Of(Lineage).IsGood);
    }

    [Fact]
    [Trait("Invariant", "1")]
    public async Task Is_renewed_each_time_however_many_are_held()
    {
        var ids = Enumerable.Range(2, 2 * LeaseBook.MostIds).Select(i => $"l-{i}").ToArray();
        foreach (var id in ids)
        {
            leases.Hold(id, 1);
        }
        var questions = 0;
        using var renewal = Renewal(
            new Asked(
                (question, _) =>
                {
                    questions++;
                    return Task.FromResult(
                        new LeaseAnswer(
                            "gateway",
                            question.Nonce,
                            world.Now + 3,
                            [.. question.Ids.Select(id => new LeaseEntry(id, 1, null, LineageStates.InForce))]
                        )
                    );
                }
            )
        );
        for (var second = 0; second < 10; second++)
        {
            Assert.True(await renewal.RenewAsync(TestContext.Current.CancellationToken));
            world.Time.Advance(TimeSpan.FromSeconds(1));
            Assert.All(ids, id => Assert.True(leases.Of(id).IsGood));
        }
        Assert.Equal(30, questions);
    }

    [Fact]
    [Trait("Invariant", "1")]
    public async Task Is_renewed_although_an_earlier_question_hangs()
    {
        var book = new PermitLeases("gateway");
        book.Hold(Lineage, 1);
        var asked = 0;
        var released = new TaskCompletionSource();
        var source = new Asked(
            async (question, _) =>
            {
                if (Interlocked.Increment(ref asked) == 1)
                {
                    // Deaf to everything: nobody may wait for it.
                    await released.Task;
                }
                var until = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 10;
                return new LeaseAnswer("gateway", question.Nonce, until, [new(Lineage, 1, null, LineageStates.InForce)]);
            }
        );
        using var renewal = new LeaseRenewal<PermitLeases>(
            book,
            source,
            TimeProvider.System,
            NullLogger<LeaseRenewal<PermitLeases>>.Instance
        );
        await renewal.StartAsync(TestContext.Current.CancellationToken);
        await Eventually.Async(() => book.Of(Lineage).IsGood);
        released.SetResult();
        await renewal.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Is_not_shortened_by_the_late_answer_to_an_earlier_question()
    {
        var first = leases.Ask()!;
        world.Time.Advance(TimeSpan.FromSeconds(1));
        var second = leases.Ask()!;
        Take(second, Answer(second));
        Take(first, Answer(first));
        world.Time.Advance(TimeSpan.FromSeconds(2.5));
        Assert.True(leases.Of(Lineage).IsGood);
    }

    private LeaseRenewal<PermitLeases> Renewal(ILeaseSource<PermitLeases> source) =>
        new(leases, source, world.Time, NullLogger<LeaseRenewal<PermitLeases>>.Instance);

    private PermitState State(string nonce, string state) =>
        world.PermitStatePayload() with
        {
            Nonce = nonce,
            At = world.Now,
            Until = world.Now + 3,
            States = [new LineageState(Lineage, 1, world.Permit.Digest, state)],
        };

    private PermitState Answer(LeaseQuestion question, string state = LineageStates.InForce, int version = 1, string? digest = null) =>
        State(question.Nonce, state) with
        {
            Until = world.Now + 10,
            States = [new LineageState(Lineage, version, digest ?? world.Permit.Digest, state)],
        };

    private LeaseFault Take(LeaseQuestion question, PermitState answer, PermitLeases? book = null) =>
        (book ?? leases).Accept(question, PermitLeaseSource.Read(world.Signer("permit", KeyUses.Permit).Sign(answer).Text, world.Trust));

    private static HttpClient Client(Func<string, string> answer) => new(new Owner(answer)) { BaseAddress = new Uri("http://permit") };

    private sealed class Owner(Func<string, string> answer) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var question = await request.Content!.ReadAsStringAsync(cancellationToken);
            var nonce = System.Text.Json.JsonDocument.Parse(question).RootElement.GetProperty("nonce").GetString()!;
            return new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = new StringContent(answer(nonce), Encoding.ASCII, "application/jose"),
            };
        }
    }

    private sealed class Asked(Func<LeaseQuestion, CancellationToken, Task<LeaseAnswer>> ask) : ILeaseSource<PermitLeases>
    {
        public Task<LeaseAnswer> AskAsync(LeaseQuestion question, CancellationToken cancel) => ask(question, cancel);
    }
}
