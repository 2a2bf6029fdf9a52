using HealthDataNode.Protocol.Trust;
using Microsoft.Data.Sqlite;

namespace HealthDataNode.ReferenceSpe.State;

/// <summary>The SPE's own state, one SQLite file; rows of a delivery are never in it.</summary>
internal sealed class StateDatabase
{
    /// <summary>Of the tables here and of the airlock's: another shape of any of them is another number.</summary>
    private const long Version = 1;

    private const string Schema = """
        CREATE TABLE IF NOT EXISTS delivery (
            order_id TEXT PRIMARY KEY, order_digest TEXT NOT NULL UNIQUE, manifest_digest TEXT NOT NULL,
            lineage TEXT NOT NULL, source TEXT NOT NULL, state TEXT NOT NULL, refusal TEXT, traceparent TEXT,
            rows INTEGER NOT NULL, persons INTEGER, receipt TEXT, received_at INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS lineage (
            lineage TEXT PRIMARY KEY, version INTEGER NOT NULL, digest TEXT NOT NULL,
            applicant_sub TEXT NOT NULL, applicant_org TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS permit_version (
            lineage TEXT NOT NULL, version INTEGER NOT NULL, permit TEXT NOT NULL, PRIMARY KEY (lineage, version));
        CREATE TABLE IF NOT EXISTS job (
            id TEXT PRIMARY KEY, lineage TEXT NOT NULL, sub TEXT NOT NULL, sql TEXT NOT NULL, state TEXT NOT NULL,
            class TEXT, position INTEGER, traceparent TEXT, idempotency_key TEXT, submitted_at INTEGER NOT NULL,
            UNIQUE (lineage, sub, idempotency_key));
        CREATE TABLE IF NOT EXISTS outbox (
            id INTEGER PRIMARY KEY AUTOINCREMENT, api TEXT NOT NULL, path TEXT NOT NULL, body TEXT NOT NULL,
            traceparent TEXT, attempts INTEGER NOT NULL DEFAULT 0, not_before INTEGER NOT NULL DEFAULT 0);
        CREATE TABLE IF NOT EXISTS audit_log (entry TEXT NOT NULL, accepted_at INTEGER NOT NULL);
        CREATE INDEX IF NOT EXISTS audit_log_by_age ON audit_log (accepted_at);
        CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS session (
            key_hash BLOB PRIMARY KEY, ticket BLOB NOT NULL, expires_at INTEGER NOT NULL);
        """;

    private readonly string connectionString;

    public StateDatabase(SpeOptions options)
    {
        var path = Path.Combine(options.Data, "state.db");
        if (!File.Exists(path))
        {
            PrivateFile.Write(path, []);
        }

        connectionString = new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 30 }.ToString();
        using var connection = Open();
        if (Number(connection, "SELECT count(*) FROM sqlite_master") > 0 && Number(connection, "PRAGMA user_version") != Version)
        {
            throw new InvalidOperationException(
                $"{path} was made by another version of this program: start that one to end its rooms, then this one with an empty folder (./run --fresh)."
            );
        }

        connection.Execute($"PRAGMA user_version = {Version}");
        connection.Execute("PRAGMA journal_mode = WAL");
        connection.Execute(Schema);
    }

    private static long Number(SqliteConnection connection, string sql) => connection.Query(sql, row => row.GetInt64(0)).Single();

    /// <summary>A connection on which a commit is on the disk when it returns.</summary>
    public SqliteConnection Open()
    {
        var connection = new SqliteConnection(connectionString);
        connection.Open();
        connection.Execute("PRAGMA synchronous = FULL");
        connection.Execute("PRAGMA secure_delete = ON");
        return connection;
    }

    /// <summary>Takes what was deleted out of the log beside the file too.</summary>
    public void Truncate()
    {
        using var connection = Open();
        connection.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
    }

    /// <summary>Does it all, or nothing.</summary>
    public T InTransaction<T>(Func<SqliteConnection, T> work)
    {
        using var connection = Open();
        using var transaction = connection.BeginTransaction();
        var result = work(connection);
        transaction.Commit();
        return result;
    }

    /// <summary>Does it all, or nothing.</summary>
    public void InTransaction(Action<SqliteConnection> work) =>
        InTransaction(connection =>
        {
            work(connection);
            return true;
        });
}
