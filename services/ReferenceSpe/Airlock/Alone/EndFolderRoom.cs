using HealthDataNode.ReferenceSpe.Rooms;
using HealthDataNode.ReferenceSpe.State;
using HealthDataNode.ReferenceSpe.Workspaces;

namespace HealthDataNode.ReferenceSpe.Airlock.Alone;

/// <summary>
/// The end of a room for the airlock (EHDS 63(3)): closed for good, and what it kept of it deleted. The room's own
/// folder, and the proof of deletion, are the SPE's.
/// </summary>
internal sealed class EndFolderRoom(StateDatabase state, RoomStates rooms, WorkspaceFolders folders, Outbox outbox)
{
    public async Task RunAsync(string lineage, CancellationToken cancellationToken)
    {
        rooms.Begin(lineage);
        using (await folders.Gate(lineage).EnterToWriteAsync(cancellationToken))
        {
            PrivateFolder.Delete(folders.Of(lineage));
        }

        state.InTransaction(transaction =>
        {
            Outputs.Forget(transaction, lineage);
            RoomStates.End(transaction, lineage);
            outbox.AddAudit(transaction, "airlock-cleared", null, ("lineage", lineage));
        });
        rooms.HasEnded(lineage);
        state.Truncate();
    }
}
