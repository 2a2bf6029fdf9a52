using HealthDataNode.Protocol.Leases;
using HealthDataNode.ReferenceSpe.State;

namespace HealthDataNode.ReferenceSpe.Rooms;

/// <summary>
/// Whether a room is open now: Permit says that its permit is in force, SpeRegistry that this SPE is approved, both
/// within the last seconds, and the version that Permit names is the one that is held here. Else it is closed; what
/// runs in it pauses, and ends where the permit has ended (EHDS 63(3), 73).
/// </summary>
internal sealed class RoomLeases(PermitLeases permits, SpeLeases spes, Lineages lineages, RoomStates rooms, SpeOptions options)
{
    // Long enough for a question to the node, short enough for somebody at the door.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public LeaseStanding Of(string lineage)
    {
        if (rooms.IsOver(lineage))
        {
            return LeaseStanding.Ended;
        }

        var permit = permits.Of(lineage);
        return permit.HasEnded ? LeaseStanding.Ended
            : permit.IsGood && spes.Of(options.Party).IsGood && permit.Version == lineages.VersionOf(lineage) ? LeaseStanding.Good
            : LeaseStanding.Paused;
    }

    public bool IsOpen(string lineage) => Of(lineage) == LeaseStanding.Good;

    /// <summary>As <see cref="Of"/>, once the node was asked at all.</summary>
    public async Task<LeaseStanding> SettledAsync(string lineage, CancellationToken cancellationToken)
    {
        if (!rooms.IsOver(lineage))
        {
            await spes.SettledAsync(options.Party, Patience, cancellationToken);
            await permits.SettledAsync(lineage, Patience, cancellationToken);
        }

        return Of(lineage);
    }

    /// <summary>Whether a delivery may come in, under whichever version its order began with.</summary>
    /// <param name="lineage">The lineage.</param>
    /// <param name="version">The version of the permit that came with it.</param>
    /// <param name="to">When that ends.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<LeaseStanding> ForDeliveryAsync(string lineage, int version, DateTimeOffset to, CancellationToken cancellationToken)
    {
        if (!rooms.IsOver(lineage))
        {
            permits.Hold(lineage, version, to);
        }

        return MayComeInAsync(lineage, cancellationToken);
    }

    /// <summary>Whether anything of a lineage may come in, under whichever version.</summary>
    public async Task<LeaseStanding> MayComeInAsync(string lineage, CancellationToken cancellationToken)
    {
        if (rooms.IsOver(lineage))
        {
            return LeaseStanding.Ended;
        }

        var permit = await permits.SettledAsync(lineage, Patience, cancellationToken);
        return permit.IsGood && !(await spes.SettledAsync(options.Party, Patience, cancellationToken)).IsGood
            ? LeaseStanding.Paused
            : permit.Standing;
    }

    /// <summary>Ends when the room is not open any more.</summary>
    public CancellationTokenSource WhileOpen(string lineage, CancellationToken cancellationToken) =>
        CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, permits.WhileGood(lineage), spes.WhileGood(options.Party));
}
