using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ReferenceSpe.Airlock;
using HealthDataNode.ReferenceSpe.Ingress;
using HealthDataNode.ReferenceSpe.Node;
using HealthDataNode.ReferenceSpe.State;
using HealthDataNode.ReferenceSpe.Workspaces;

namespace HealthDataNode.ReferenceSpe.Rooms;

/// <summary>
/// Takes in the newest version of a permit. Where it names a source no longer (its decision was revoked), that source's
/// table goes, and with it what was made in the room while it was there: a result can hold its rows.
/// </summary>
internal sealed class TakeVersion(
    NodeClients node,
    VerifyPermit verify,
    StateDatabase state,
    RoomStates rooms,
    Lineages lineages,
    Deliveries deliveries,
    WorkspaceFolders folders,
    Outbox outbox
)
{
    public async Task RunAsync(string lineage, CancellationToken cancellationToken)
    {
        var permit = verify.Run(lineage, await FetchAsync(lineage, cancellationToken));
        LineageLedger.Next(lineages.HeadOf(lineage), permit);
        if (KeepUnlessSourcesGo(permit))
        {
            return;
        }

        using var cleared = rooms.Clear(lineage);
        using var turn = await folders.Gate(lineage).EnterToWriteAsync(cancellationToken);

        // Now, and not before we waited: a delivery may have come meanwhile.
        var gone = GoneFrom(permit.Payload);
        foreach (var order in deliveries.OrdersOf(lineage, gone))
        {
            PrivateFolder.Delete(Path.Combine(folders.Ingress, order));
        }

        foreach (var source in gone)
        {
            PrivateFolder.Delete(folders.Documents(lineage, source));
        }

        PrivateFolder.Delete(folders.Jobs(lineage));
        PrivateFolder.Delete(folders.Outputs(lineage));
        WorkspaceFile.Without(folders.Database(lineage), gone);
        folders.Create(lineage);
        state.InTransaction(transaction =>
        {
            Lineages.Keep(transaction, permit);
            transaction.Execute("DELETE FROM job WHERE lineage = $0", lineage);
            Outputs.Forget(transaction, lineage);
            foreach (var source in gone)
            {
                transaction.Execute("UPDATE delivery SET state = 'deleted' WHERE lineage = $0 AND source = $1", lineage, source);
                outbox.AddAudit(transaction, "source-deleted", null, ("lineage", lineage), ("source", source));
            }
        });
        state.Truncate();
    }

    // Seen and kept in one transaction: what is announced after it is held to this version when it is opened.
    private bool KeepUnlessSourcesGo(SignedDocument<PermitDocument> permit) =>
        state.InTransaction(transaction =>
        {
            var isKept = GoneFrom(permit.Payload).Count == 0;
            if (isKept)
            {
                Lineages.Keep(transaction, permit);
            }

            return isKept;
        });

    private List<string> GoneFrom(PermitDocument permit) =>
        [.. deliveries.NamedIn(permit.Lineage).Where(source => permit.SourceNamed(source) is null)];

    private async Task<string> FetchAsync(string lineage, CancellationToken cancellationToken)
    {
        using var client = node.For("permit");
        using var response = await client.GetAsync(new Uri($"permit/v1/permits/{lineage}/document", UriKind.Relative), cancellationToken);
        await ProtocolProblem.EnsureSuccessAsync(response, cancellationToken);
        return (await response.Content.ReadAsStringAsync(cancellationToken)).Trim();
    }
}
