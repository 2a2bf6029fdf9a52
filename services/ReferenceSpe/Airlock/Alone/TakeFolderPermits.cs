using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ReferenceSpe.Rooms;
using HealthDataNode.ReferenceSpe.State;
using HealthDataNode.ReferenceSpe.Workspaces;

namespace HealthDataNode.ReferenceSpe.Airlock.Alone;

/// <summary>
/// Takes in the versions of a permit that the SPE put into a room's folder: signed by Permit, with this SPE's key
/// pinned, each after the one before. Where one names a source no longer, what was asked for before it may hold its
/// rows, and goes.
/// </summary>
internal sealed class TakeFolderPermits(
    FolderRooms folder,
    VerifyPermit verify,
    Lineages lineages,
    RoomStates rooms,
    WorkspaceFolders folders,
    StateDatabase state
)
{
    public async Task RunAsync(string lineage, CancellationToken cancellationToken)
    {
        foreach (var (version, file) in folder.Permits(lineage).ToList())
        {
            var head = lineages.HeadOf(lineage);
            if (version <= head?.Version)
            {
                continue;
            }

            if (file.Length > Jws.MaximumLength)
            {
                throw new DocumentRefusedException(Refusal.Malformed, "The permit is too long.");
            }

            var permit = verify.Run(lineage, (await File.ReadAllTextAsync(file.FullName, cancellationToken)).Trim());
            LineageLedger.Next(head, permit);
            await KeepAsync(lineage, permit, cancellationToken);
        }
    }

    private async Task KeepAsync(string lineage, SignedDocument<PermitDocument> permit, CancellationToken cancellationToken)
    {
        var before = lineages.PermitsOf(lineage) is [.., var newest] ? newest.Payload.Sources : [];
        if (before.All(source => permit.Payload.SourceNamed(source.Source) is not null))
        {
            state.InTransaction(transaction => Lineages.Keep(transaction, permit));
            return;
        }

        using var cleared = rooms.Clear(lineage);
        using var turn = await folders.Gate(lineage).EnterToWriteAsync(cancellationToken);
        PrivateFolder.Delete(folders.Outputs(lineage));
        state.InTransaction(transaction =>
        {
            Lineages.Keep(transaction, permit);
            Outputs.Forget(transaction, lineage);
        });
        state.Truncate();
    }
}
