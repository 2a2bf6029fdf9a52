using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ReferenceSpe.Airlock;
using HealthDataNode.ReferenceSpe.Ingress;
using HealthDataNode.ReferenceSpe.State;
using HealthDataNode.ReferenceSpe.Workspaces;
using Microsoft.Data.Sqlite;

namespace HealthDataNode.ReferenceSpe.Rooms;

/// <summary>
/// The end of a room (EHDS 63(3), 73(1)(a)): closed for good, its jobs ended, its files deleted, its rows here too, and
/// then the proof signed and put on its way in one transaction. Every step is safe to repeat, and the proof comes last.
/// </summary>
internal sealed class EndRoom(
    StateDatabase state,
    RoomStates rooms,
    Lineages lineages,
    Deliveries deliveries,
    WorkspaceFolders folders,
    Outbox outbox,
    DocumentSigner signer,
    TimeProvider time
)
{
    public async Task RunAsync(string lineage, CancellationToken cancellationToken)
    {
        if (rooms.OverOf(lineage) == RoomStates.Ended)
        {
            return;
        }

        rooms.Begin(lineage);

        // Jobs see that it is over and end; deliveries and checks that are in the room leave it.
        using (await folders.Gate(lineage).EnterToWriteAsync(cancellationToken))
        {
            await DeletePartsAsync(lineage, cancellationToken);
            PrivateFolder.Delete(folders.Of(lineage));
        }

        state.InTransaction(transaction =>
        {
            var sources = deliveries.SourcesOf(lineage);
            Forget(transaction, lineage);
            RoomStates.End(transaction, lineage);
            var proof = signer.Sign(
                new Deletion
                {
                    Lineage = lineage,
                    Permit = lineages.HeadOf(lineage)!.Digest,
                    Spe = signer.Party,
                    Sources = sources,
                    At = time.GetUtcNow().ToUnixTimeSeconds(),
                }
            );
            outbox.Add(transaction, "pseudonymisation", $"pseudonymisation/v1/lineages/{lineage}/deletion", proof.Text);
            outbox.AddAudit(transaction, "room-deleted", null, ("lineage", lineage), ("proof", proof.Digest));
        });
        rooms.HasEnded(lineage);
        state.Truncate();
    }

    // Whether their manifest came or not.
    private async Task DeletePartsAsync(string lineage, CancellationToken cancellationToken)
    {
        await AcceptManifest.OneAtATime.WaitAsync(cancellationToken);
        try
        {
            foreach (var order in deliveries.OrdersOf(lineage))
            {
                PrivateFolder.Delete(Path.Combine(folders.Ingress, order));
            }
        }
        finally
        {
            AcceptManifest.OneAtATime.Release();
        }
    }

    // What people wrote here can hold what they saw; what stays says only that there was something.
    private static void Forget(SqliteConnection transaction, string lineage)
    {
        transaction.Execute("DELETE FROM job WHERE lineage = $0", lineage);
        Outputs.Forget(transaction, lineage);
        transaction.Execute("UPDATE delivery SET state = 'deleted' WHERE lineage = $0", lineage);
    }
}
