using System.Net;
using HealthDataNode.Protocol.Documents;

namespace HealthDataNode.Services.Tests.Pseudonymisation;

/// <summary>The record that an operator prints (`./run shred`).</summary>
public sealed class Reading_a_shredding(PostgresFixture postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Gives_the_signed_record_once_the_key_is_gone_and_none_before()
    {
        await using var world = await PseudonymisationWorld.StartAsync(postgres);
        var order = await world.OpenAsync();
        var place = $"/v1/lineages/{order.Lineage}/shredding";
        using var before = await world.AsPermit.GetAsync(place, Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, before.StatusCode);

        using var shredded = await world.AsPermit.PostAsync(place, null, Cancellation);
        using var after = await world.AsPermit.GetAsync(place, Cancellation);

        Assert.Equal("application/jose", after.Content.Headers.ContentType!.MediaType);
        var record = world.Trust.Store().Verify<Shredding>(await after.Content.ReadAsStringAsync(Cancellation)).Payload;
        Assert.Equal(order.Lineage, record.Lineage);
        Assert.Equal([world.PermitKeys], record.Places);
        Assert.False(world.HasKey(order.Lineage));
    }

    [Fact]
    public async Task Is_for_Permit_alone()
    {
        await using var world = await PseudonymisationWorld.StartAsync(postgres);
        var order = await world.OpenAsync();
        using var refused = await world.AsGateway.GetAsync($"/v1/lineages/{order.Lineage}/shredding", Cancellation);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }
}
