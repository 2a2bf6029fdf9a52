using System.Diagnostics;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using Microsoft.Data.Sqlite;

namespace HealthDataNode.ReferenceSpe.State;

/// <summary>Signed documents for the node, kept with the state change that they are about until they are accepted.</summary>
internal sealed class Outbox(StateDatabase state, DocumentSigner signer, OutboxFilled filled, SpeOptions options, TimeProvider time)
{
    private const string Audit = "audit";

    // EHDS 73(1)(e): access logs last at least a year. A leap year has 366 days.
    private static readonly TimeSpan Kept = TimeSpan.FromDays(366);

    internal sealed record Message(long Id, string Api, string Path, string Body, string? TraceParent, int Attempts);

    /// <summary>Adds a document in the caller's transaction.</summary>
    public void Add(SqliteConnection transaction, string api, string path, string document)
    {
        transaction.Execute(
            "INSERT INTO outbox (api, path, body, traceparent) VALUES ($0, $1, $2, $3)",
            api,
            path,
            document,
            Activity.Current?.Id
        );
        filled.Pulse.Beat();
    }

    /// <summary>Adds an audit entry in the caller's transaction. Of a person there is <c>sub</c> and nothing else.</summary>
    public void AddAudit(
        SqliteConnection transaction,
        string action,
        string? sub = null,
        params ReadOnlySpan<(string Name, string Value)> details
    )
    {
        var named = new Dictionary<string, string>();
        foreach (var (name, value) in details)
        {
            named[name] = value.Length > 200 ? value[..200] : value;
        }

        var entry = signer.Sign(
            new AuditEntry
            {
                Party = signer.Party,
                Use = KeyUses.Spe,
                Id = Guid.CreateVersion7(time.GetUtcNow()),
                Number = options.NumbersEntries ? NextNumber(transaction) : null,
                Action = action,
                At = time.GetUtcNow().ToUnixTimeSeconds(),
                Sub = sub,
                Details = named.Count == 0 ? null : named,
            }
        );
        Add(transaction, Audit, "audit/v1/entries", entry.Text);
    }

    /// <summary>Adds an audit entry of what changed no state, such as a refusal.</summary>
    public void AddAudit(string action, string? sub, params (string Name, string Value)[] details) =>
        state.InTransaction(transaction => AddAudit(transaction, action, sub, details));

    /// <summary>What is due, oldest first.</summary>
    public List<Message> Due(int most)
    {
        using var connection = state.Open();
        return connection.Query(
            "SELECT id, api, path, body, traceparent, attempts FROM outbox WHERE not_before <= $0 ORDER BY id LIMIT $1",
            row => new Message(row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetString(3), row.Text(4), row.GetInt32(5)),
            time.GetUtcNow().ToUnixTimeMilliseconds(),
            most
        );
    }

    /// <summary>The node has it. An audit entry stays here too, as the SPE's own log, for as long as the law asks.</summary>
    public void Accepted(Message message) =>
        state.InTransaction(transaction =>
        {
            transaction.Execute("DELETE FROM outbox WHERE id = $0", message.Id);
            if (message.Api == Audit)
            {
                var now = time.GetUtcNow();
                transaction.Execute("INSERT INTO audit_log VALUES ($0, $1)", message.Body, now.ToUnixTimeSeconds());
                transaction.Execute("DELETE FROM audit_log WHERE accepted_at < $0", (now - Kept).ToUnixTimeSeconds());
            }
        });

    /// <summary>Comes again after a wait that grows to a minute.</summary>
    public void Failed(Message message)
    {
        var wait = TimeSpan.FromMilliseconds(Math.Min(60_000, 250L << Math.Min(message.Attempts, 10)));
        using var connection = state.Open();
        connection.Execute(
            "UPDATE outbox SET attempts = attempts + 1, not_before = $1 WHERE id = $0",
            message.Id,
            (time.GetUtcNow() + wait).ToUnixTimeMilliseconds()
        );
    }

    /// <summary>Messages that have failed many times.</summary>
    public long Stuck()
    {
        using var connection = state.Open();
        return connection.Query("SELECT count(*) FROM outbox WHERE attempts >= 10", row => row.GetInt64(0))[0];
    }

    private static long NextNumber(SqliteConnection transaction) =>
        transaction.Query(
            "INSERT INTO counter VALUES ('audit', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
            row => row.GetInt64(0)
        )[0];
}
