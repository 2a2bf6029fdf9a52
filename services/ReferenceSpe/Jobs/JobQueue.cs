using HealthDataNode.ReferenceSpe.State;
using Microsoft.Data.Sqlite;

namespace HealthDataNode.ReferenceSpe.Jobs;

/// <summary>How a job was taken.</summary>
internal enum SubmitOutcome
{
    /// <summary>It waits, or is the one that came with this key before.</summary>
    Taken,

    /// <summary>The one that came with this key before has other SQL.</summary>
    OtherSql,

    /// <summary>The room has as many as it may have.</summary>
    TooMany,
}

/// <summary>The jobs of this SPE.</summary>
internal sealed class JobQueue(StateDatabase state, Outbox outbox, JobSubmitted submitted, Sandbox sandbox, TimeProvider time)
{
    /// <summary>How many jobs of one room may wait and run.</summary>
    public const int MostWaiting = 20;

    /// <summary>How many jobs of one room are kept, whatever became of them.</summary>
    public const int MostKept = 1000;

    private const string Columns = "id, lineage, sub, sql, state, class, position, traceparent";

    /// <summary>Takes a job, or gives the one that came with this key before.</summary>
    public (SubmitOutcome Outcome, Job? Job) Submit(string lineage, string sub, string sql, string? key, string? traceParent)
    {
        var unavailable = !sandbox.IsAvailable;
        return state.InTransaction<(SubmitOutcome, Job?)>(transaction =>
        {
            var before = transaction
                .Query($"SELECT {Columns} FROM job WHERE lineage = $0 AND sub = $1 AND idempotency_key = $2", Read, lineage, sub, key)
                .SingleOrDefault();
            if (before is not null)
            {
                return before.Sql == sql ? (SubmitOutcome.Taken, before) : (SubmitOutcome.OtherSql, null);
            }

            var (waiting, kept) = transaction
                .Query(
                    "SELECT count(*) FILTER (WHERE state IN ('queued', 'running')), count(*) FROM job WHERE lineage = $0",
                    row => (row.GetInt32(0), row.GetInt32(1)),
                    lineage
                )
                .Single();
            if (waiting >= MostWaiting || kept >= MostKept)
            {
                return (SubmitOutcome.TooMany, null);
            }

            var job = new Job(
                Guid.CreateVersion7(time.GetUtcNow()).ToString(),
                lineage,
                sub,
                sql,
                unavailable ? JobStates.Refused : JobStates.Queued,
                unavailable ? JobErrors.SandboxUnavailable : null,
                null,
                traceParent
            );
            transaction.Execute(
                $"""
                INSERT INTO job ({Columns}, idempotency_key, submitted_at)
                VALUES ($0, $1, $2, $3, $4, $5, $6, $7, $8, $9)
                """,
                job.Id,
                lineage,
                sub,
                sql,
                job.State,
                job.Class,
                null,
                traceParent,
                key,
                time.GetUtcNow().ToUnixTimeMilliseconds()
            );
            outbox.AddAudit(transaction, unavailable ? "job-refused" : "job-submitted", sub, ("lineage", lineage), ("job", job.Id));
            submitted.Pulse.Beat();
            return (SubmitOutcome.Taken, job);
        });
    }

    public Job? Find(string lineage, string id)
    {
        using var connection = state.Open();
        return connection.Query($"SELECT {Columns} FROM job WHERE id = $0 AND lineage = $1", Read, id, lineage).SingleOrDefault();
    }

    /// <summary>Forgets a job that has ended.</summary>
    public void Forget(Job job, string sub) =>
        state.InTransaction(transaction =>
        {
            transaction.Execute("DELETE FROM job WHERE id = $0", job.Id);
            outbox.AddAudit(transaction, "job-deleted", sub, ("lineage", job.Lineage), ("job", job.Id));
        });

    /// <summary>After a restart: what ran has died with the program that started it, and is run anew.</summary>
    public void Requeue()
    {
        using var connection = state.Open();
        connection.Execute("UPDATE job SET state = 'queued' WHERE state = 'running'");
    }

    /// <summary>Takes the oldest job of a room that is open; null where there is none.</summary>
    public Job? Take(Func<string, bool> isOpen) =>
        state.InTransaction(transaction =>
            transaction
                .Query(
                    "SELECT lineage FROM job WHERE state = 'queued' GROUP BY lineage ORDER BY min(submitted_at)",
                    row => row.GetString(0)
                )
                .Where(isOpen)
                .Take(1)
                .SelectMany(lineage =>
                    transaction.Query(
                        $"""
                        UPDATE job SET state = 'running'
                        WHERE id = (
                            SELECT id FROM job WHERE state = 'queued' AND lineage = $0 ORDER BY submitted_at, rowid LIMIT 1)
                        RETURNING {Columns}
                        """,
                        Read,
                        lineage
                    )
                )
                .SingleOrDefault()
        );

    /// <summary>Puts a job back: it could not be asked whether it may begin.</summary>
    public void PutBack(Job job)
    {
        using var connection = state.Open();
        connection.Execute("UPDATE job SET state = 'queued' WHERE id = $0", job.Id);
    }

    public void End(Job job, JobOutcome outcome) =>
        state.InTransaction(transaction =>
        {
            transaction.Execute(
                "UPDATE job SET state = $1, class = $2, position = $3 WHERE id = $0",
                job.Id,
                outcome.State,
                outcome.Class,
                outcome.Position
            );
            outbox.AddAudit(
                transaction,
                "job-ended",
                job.Sub,
                ("lineage", job.Lineage),
                ("job", job.Id),
                ("state", outcome.State),
                ("error", outcome.Class ?? "none")
            );
        });

    private static Job Read(SqliteDataReader row) =>
        new(
            row.GetString(0),
            row.GetString(1),
            row.GetString(2),
            row.GetString(3),
            row.GetString(4),
            row.Text(5),
            (int?)row.Integer(6),
            row.Text(7)
        );
}
