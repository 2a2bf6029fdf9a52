using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ReferenceSpe.State;
using Microsoft.Data.Sqlite;

namespace HealthDataNode.ReferenceSpe.Ingress;

/// <summary>One delivery as it stands.</summary>
internal sealed record Delivery(
    string OrderId,
    string OrderDigest,
    string ManifestDigest,
    string Lineage,
    string Source,
    string State,
    string? Refusal,
    string? TraceParent,
    long Rows,
    long? Persons,
    string? Receipt
)
{
    /// <summary>Its order is known, its manifest is not: parts may come.</summary>
    public const string Announced = "announced";

    /// <summary>All parts are here; its rows are not in the workspace yet.</summary>
    public const string Received = "received";

    /// <summary>The rows are in the workspace; parts and key may still be there.</summary>
    public const string Opened = "opened";

    /// <summary>The receipt is signed and on its way.</summary>
    public const string Receipted = "receipted";

    /// <summary>The receipt lies beside the table too.</summary>
    public const string Done = "done";

    /// <summary>It is not what the manifest says: nothing of it was taken, and there is no receipt.</summary>
    public const string Refused = "refused";

    /// <summary>Its rows are gone: the room has ended, or the permit names the source no longer.</summary>
    public const string Deleted = "deleted";

    /// <summary>Whether nothing more happens to it.</summary>
    public bool IsOver => State is Done or Refused or Deleted;
}

/// <summary>The deliveries of this SPE.</summary>
internal sealed class Deliveries(StateDatabase state, Outbox outbox, DocumentSigner signer, TimeProvider time)
{
    private const string Columns =
        "order_id, order_digest, manifest_digest, lineage, source, state, refusal, traceparent, rows, persons, receipt";

    public Delivery? Find(string order)
    {
        using var connection = state.Open();
        return connection.Query($"SELECT {Columns} FROM delivery WHERE order_id = $0", Read, order).SingleOrDefault();
    }

    public List<Delivery> Unfinished()
    {
        using var connection = state.Open();
        return connection.Query(
            $"SELECT {Columns} FROM delivery WHERE state IN ('received', 'opened', 'receipted') ORDER BY received_at, rowid",
            Read
        );
    }

    /// <summary>The sources that a workspace has.</summary>
    public List<string> SourcesOf(string lineage)
    {
        using var connection = state.Open();
        return connection.Query(
            "SELECT DISTINCT source FROM delivery WHERE lineage = $0 AND state IN ('opened', 'receipted', 'done') ORDER BY 1",
            row => row.GetString(0),
            lineage
        );
    }

    /// <summary>The sources that anything came for, opened or not.</summary>
    public List<string> NamedIn(string lineage)
    {
        using var connection = state.Open();
        return connection.Query(
            "SELECT DISTINCT source FROM delivery WHERE lineage = $0 AND state NOT IN ('refused', 'deleted') ORDER BY 1",
            row => row.GetString(0),
            lineage
        );
    }

    /// <summary>The orders of a lineage, of some of its sources where they are named.</summary>
    public List<string> OrdersOf(string lineage, IReadOnlyCollection<string>? sources = null)
    {
        using var connection = state.Open();
        return
        [
            .. connection
                .Query(
                    "SELECT order_id, source FROM delivery WHERE lineage = $0",
                    row => (Order: row.GetString(0), Source: row.GetString(1)),
                    lineage
                )
                .Where(delivery => sources?.Contains(delivery.Source) ?? true)
                .Select(delivery => delivery.Order),
        ];
    }

    /// <summary>Its order is known from now on, and its permit's version. Safe to repeat.</summary>
    public void Announce(VerifiedOrder order) =>
        state.InTransaction(transaction =>
        {
            transaction.Execute(
                """
                INSERT OR IGNORE INTO delivery (order_id, order_digest, manifest_digest, lineage, source, state, rows, received_at)
                VALUES ($0, $1, '', $2, $3, 'announced', 0, $4)
                """,
                order.Order.Payload.Id,
                order.Order.Digest,
                order.Order.Payload.Lineage,
                order.Source.Source,
                time.GetUtcNow().ToUnixTimeMilliseconds()
            );
            Lineages.Keep(transaction, order.Permit);
        });

    /// <summary>Its manifest and all its parts are here. False where it is not announced any more.</summary>
    public bool Receive(string order, SignedDocument<Manifest> manifest, string? traceParent)
    {
        using var connection = state.Open();
        return connection.Execute(
                """
                UPDATE delivery SET state = 'received', manifest_digest = $1, traceparent = $2, rows = $3, received_at = $4
                WHERE order_id = $0 AND state = 'announced'
                """,
                order,
                manifest.Digest,
                traceParent,
                manifest.Payload.Rows,
                time.GetUtcNow().ToUnixTimeMilliseconds()
            ) == 1;
    }

    public void Opened(Delivery delivery, long persons)
    {
        using var connection = state.Open();
        connection.Execute(
            "UPDATE delivery SET state = 'opened', persons = $1 WHERE order_id = $0 AND state = 'received'",
            delivery.OrderId,
            persons
        );
    }

    /// <summary>Signs the receipt, once, and puts it on its way in the same step.</summary>
    public void SignReceipt(Delivery delivery) =>
        state.InTransaction(transaction =>
        {
            var receipt = signer.Sign(
                new Receipt
                {
                    Manifest = delivery.ManifestDigest,
                    Order = delivery.OrderDigest,
                    Rows = delivery.Rows,
                    Persons = delivery.Persons!.Value,
                    Workspace = delivery.Lineage,
                    At = time.GetUtcNow().ToUnixTimeSeconds(),
                }
            );
            transaction.Execute(
                "UPDATE delivery SET state = 'receipted', receipt = $1 WHERE order_id = $0",
                delivery.OrderId,
                receipt.Text
            );
            outbox.Add(transaction, "gateway", $"gateway/v1/orders/{delivery.OrderId}/receipt", receipt.Text);
            Audit(transaction, delivery, "delivery-opened");
        });

    public void Finish(Delivery delivery)
    {
        using var connection = state.Open();
        connection.Execute("UPDATE delivery SET state = 'done' WHERE order_id = $0", delivery.OrderId);
    }

    public void Refuse(Delivery delivery, string code) =>
        state.InTransaction(transaction =>
        {
            transaction.Execute("UPDATE delivery SET state = 'refused', refusal = $1 WHERE order_id = $0", delivery.OrderId, code);
            Audit(transaction, delivery, "delivery-refused", ("reason", code));
        });

    /// <summary>Its source has left the permit before it was opened.</summary>
    public void Drop(Delivery delivery) =>
        state.InTransaction(transaction =>
        {
            transaction.Execute("UPDATE delivery SET state = 'deleted' WHERE order_id = $0", delivery.OrderId);
            Audit(transaction, delivery, "source-deleted");
        });

    private void Audit(SqliteConnection transaction, Delivery delivery, string action, params ReadOnlySpan<(string, string)> more) =>
        outbox.AddAudit(
            transaction,
            action,
            null,
            [("order", delivery.OrderId), ("lineage", delivery.Lineage), ("source", delivery.Source), .. more]
        );

    private static Delivery Read(SqliteDataReader row) =>
        new(
            row.GetString(0),
            row.GetString(1),
            row.GetString(2),
            row.GetString(3),
            row.GetString(4),
            row.GetString(5),
            row.Text(6),
            row.Text(7),
            row.GetInt64(8),
            row.Integer(9),
            row.Text(10)
        );
}
