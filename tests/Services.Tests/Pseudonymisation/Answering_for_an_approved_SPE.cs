using System.Net;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Leases;
using HealthDataNode.Pseudonymisation.Leases;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.Services.Tests.Permit;
using HealthDataNode.Services.Tests.Protocol;
using Microsoft.AspNetCore.Http;

namespace HealthDataNode.Services.Tests.Pseudonymisation;

/// <summary>What would end in an SPE that may not be delivered to is not begun: the gate by fake time, then every call
/// that it stands before.</summary>
public sealed class Answering_for_an_approved_SPE : IClassFixture<PseudonymisationFixture>, IDisposable
{
    private readonly PseudonymisationWorld world;
    private readonly DocumentWorld documents = new();
    private readonly PermitLeases permits;
    private readonly SpeLeases environments;
    private readonly PermitGate gate;

    public Answering_for_an_approved_SPE(PseudonymisationFixture fixture)
    {
        world = fixture.World;
        permits = new PermitLeases("pseudonymisation", documents.Time);
        environments = new SpeLeases("pseudonymisation", documents.Time);
        gate = new PermitGate(permits, environments, new NewestPermits(null!, documents.Trust));
        permits.Hold("l-1");
        environments.Hold(DocumentWorld.SpeParty);
    }

    public void Dispose() => documents.Dispose();

    [Theory]
    [InlineData(SpeStatuses.Suspended)]
    [InlineData(SpeStatuses.Lapsed)]
    [Trait("Invariant", "12")]
    [Trait("Article", "EHDS 73(3)")]
    public async Task Waits_while_it_is_not_approved_and_goes_on_when_it_is_again(string status)
    {
        PermitIsInForce();
        Answered();
        Assert.Null(await StatusAsync());
        Answered(state => state with { States = [new SpeStatus(DocumentWorld.SpeParty, 1, status)] });
        Assert.Equal(503, await StatusAsync());
        Answered();
        Assert.Null(await StatusAsync());
    }

    [Fact]
    [Trait("Invariant", "12")]
    [Trait("Article", "EHDS 73(3)")]
    public async Task Waits_from_the_second_on_at_which_the_approval_ends()
    {
        PermitIsInForce();
        Answered(state => state with { Until = documents.Now + 2 });
        documents.Time.Advance(TimeSpan.FromSeconds(1.9));
        Assert.Null(await StatusAsync());
        documents.Time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(503, await StatusAsync());
    }

    [Fact]
    [Trait("Invariant", "12")]
    public async Task Waits_when_nobody_has_answered_for_three_seconds()
    {
        Answered(state => state with { Until = documents.Now + 60 });
        documents.Time.Advance(TimeSpan.FromSeconds(3));
        PermitIsInForce();
        Assert.Equal(503, await StatusAsync());
    }

    [Fact]
    [Trait("Invariant", "12")]
    public async Task Is_not_opened_by_an_answer_that_is_replayed_late_older_of_another_SPE_or_for_another_party()
    {
        var replayed = Answer(environments.Ask()!);
        documents.Time.Advance(TimeSpan.FromSeconds(1));
        var question = environments.Ask()!;
        Assert.Equal(LeaseFault.OtherNonce, environments.Accept(question, replayed));
        Assert.Equal(LeaseFault.OtherCaller, environments.Accept(question, Answer(question, state => state with { Caller = "gateway" })));
        Answered(state => state with { States = [new SpeStatus("otherspe", 1, SpeStatuses.Approved)] });
        environments.Hold(DocumentWorld.SpeParty, 2);
        Answered();
        question = environments.Ask()!;
        documents.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(LeaseFault.Stale, environments.Accept(question, Answer(question)));
        PermitIsInForce();
        Assert.Equal(503, await StatusAsync());
    }

    [Fact]
    [Trait("Invariant", "12")]
    [Trait("Article", "EHDS 73(3)")]
    public async Task Gives_no_token_pseudonym_key_or_alias_while_it_is_suspended_and_takes_its_proof_of_deletion()
    {
        var order = await world.OpenAsync();
        var people = PseudonymisationWorld.People(2);
        var tokens = (await order.TokeniseAsync(1, people)).Select(answer => answer.Value).Order(StringComparer.Ordinal).ToArray();
        using var done = await order.HolderIsDoneAsync();
        Func<Task<HttpResponseMessage>>[] calls =
        [
            () => order.SendAsync(1, order.Seal(1, people)),
            () => order.RekeyAsync(1, tokens),
            () => order.DeliveryKeyAsync(world.SpeKeyDocument),
            () => world.AliasesAsync(order.Lineage, 0),
        ];
        await world.SpeIsAsync(SpeStatuses.Suspended);
        try
        {
            foreach (var call in calls)
            {
                using var waits = await call();
                Assert.Equal((503, "environment-not-approved"), await waits.ProblemAsync());
            }
            // What ends goes on: a suspended SPE too deletes what it has.
            var ended = await world.OpenAsync();
            world.Permits.States[ended.Lineage] = LineageStates.Revoked;
            await world.LeaseIsAsync(ended.Lineage, LeaseStanding.Ended);
            using var proved = await world.ProveAsync(ended.Lineage, world.ProofOf(ended.Lineage));
            Assert.Equal(204, (int)proved.StatusCode);
        }
        finally
        {
            await world.SpeIsAsync(SpeStatuses.Approved);
        }
        await order.PseudonymsAsync(1, tokens);
        foreach (var call in calls[2..])
        {
            using var answered = await call();
            Assert.True(answered.IsSuccessStatusCode);
        }
    }

    [Fact]
    [Trait("Invariant", "12")]
    public async Task Gives_no_token_where_it_is_suspended_while_the_part_is_on_its_way()
    {
        var order = await world.OpenAsync();
        var part = order.Seal(1, PseudonymisationWorld.People(1));
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/orders/{order.Digest}/tokens/1")
        {
            Content = new Slow(part.File, () => world.SpeIsAsync(SpeStatuses.Suspended)),
        };
        request.Headers.Add("Seal", part.Seal.Text);
        try
        {
            using var waits = await order.Holder.At(world.Host).ActAsync(request);
            Assert.Equal((503, "environment-not-approved"), await waits.ProblemAsync());
        }
        finally
        {
            await world.SpeIsAsync(SpeStatuses.Approved);
        }
    }

    // A body that comes after something else has happened.
    private sealed class Slow(byte[] file, Func<Task> first) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(file.AsMemory(0, 1));
            await stream.FlushAsync();
            await first();
            await stream.WriteAsync(file.AsMemory(1));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = file.Length;
            return true;
        }
    }

    private void PermitIsInForce()
    {
        var question = permits.Ask()!;
        var state = documents.PermitStatePayload() with { Caller = "pseudonymisation", Nonce = question.Nonce };
        var text = documents.Signer("permit", KeyUses.Permit).Sign(state).Text;
        Assert.Equal(LeaseFault.None, permits.Accept(question, PermitLeaseSource.Read(text, documents.Trust)));
    }

    private void Answered(Func<SpeState, SpeState>? change = null)
    {
        var question = environments.Ask()!;
        Assert.Equal(LeaseFault.None, environments.Accept(question, Answer(question, change)));
    }

    private LeaseAnswer Answer(LeaseQuestion question, Func<SpeState, SpeState>? change = null)
    {
        var state = documents.SpeStatePayload() with { Caller = "pseudonymisation", Nonce = question.Nonce };
        var text = documents.Signer("speregistry", KeyUses.SpeRegistry).Sign(change?.Invoke(state) ?? state).Text;
        return SpeLeaseSource.Read(text, documents.Trust);
    }

    // What the gate answers to a call for the order; null where it lets it through.
    private async Task<int?> StatusAsync()
    {
        var refusal = gate.RefusalAsync(documents.PermitPayload(), "cancer", TestContext.Current.CancellationToken);
        if (!refusal.IsCompleted)
        {
            // Nothing of the SPE is good: it waits for an answer, and then no longer.
            documents.Time.Advance(TimeSpan.FromSeconds(2));
        }
        return ((IStatusCodeHttpResult?)await refusal)?.StatusCode;
    }
}
