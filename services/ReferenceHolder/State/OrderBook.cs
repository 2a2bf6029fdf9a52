using System.Text.Json;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Trust;
using Microsoft.Data.Sqlite;

namespace HealthDataNode.ReferenceHolder.State;

/// <summary>The holder's own state, in SQLite: orders with their stage, the newest permit of each lineage, and what
/// it has yet to tell the audit log.</summary>
public sealed class OrderBook
{
    private readonly string connectionString;

    public OrderBook(HolderOptions options)
    {
        Directory.CreateDirectory(options.Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = Path.Combine(options.Directory, "holder.db"),
            Pooling = false,
        }.ToString();
        Execute(
            """
            PRAGMA journal_mode = WAL;
            CREATE TABLE IF NOT EXISTS orders (
                id TEXT PRIMARY KEY, digest TEXT NOT NULL, order_text TEXT NOT NULL, permit_text TEXT NOT NULL,
                trace_parent TEXT, stage TEXT NOT NULL, counts TEXT NOT NULL) STRICT;
            CREATE TABLE IF NOT EXISTS lineages (
                id TEXT PRIMARY KEY, version INTEGER NOT NULL, digest TEXT NOT NULL,
                applicant_sub TEXT NOT NULL, applicant_org TEXT NOT NULL) STRICT;
            CREATE TABLE IF NOT EXISTS outbox (number INTEGER PRIMARY KEY AUTOINCREMENT, entry TEXT NOT NULL) STRICT;
            """
        );
    }

    /// <summary>Takes an order in, with the version of the permit behind it and its audit entry; false when it is there
    /// already.</summary>
    /// <exception cref="DocumentRefusedException">The permit breaks a rule of its lineage.</exception>
    public bool Add(HolderOrder order, SignedDocument<PermitDocument> permit, Func<long, string> entry)
    {
        using var connection = Open();
        using var transaction = connection.BeginTransaction();
        using var insert = Command(
            connection,
            "INSERT INTO orders VALUES ($id, $digest, $order, $permit, $trace, $stage, $counts) ON CONFLICT DO NOTHING",
            ("$id", order.Id),
            ("$digest", order.Digest),
            ("$order", order.Order),
            ("$permit", order.Permit),
            ("$trace", order.TraceParent),
            ("$stage", order.Stage.ToString()),
            ("$counts", JsonSerializer.Serialize(order.Counts))
        );
        if (insert.ExecuteNonQuery() == 0)
        {
            return false;
        }
        Keep(connection, LineageLedger.Next(HeadOf(connection, permit.Payload.Lineage), permit));
        Tell(connection, entry);
        transaction.Commit();
        return true;
    }

    /// <summary>Moves an order on, with an audit entry where there is something to tell.</summary>
    public void Advance(HolderOrder order, Func<long, string>? entry = null)
    {
        using var connection = Open();
        using var transaction = connection.BeginTransaction();
        using var update = Command(
            connection,
            "UPDATE orders SET stage = $stage, counts = $counts WHERE id = $id",
            ("$stage", order.Stage.ToString()),
            ("$counts", JsonSerializer.Serialize(order.Counts)),
            ("$id", order.Id)
        );
        update.ExecuteNonQuery();
        if (entry is not null)
        {
            Tell(connection, entry);
        }
        transaction.Commit();
    }

    /// <summary>The orders that are not done.</summary>
    public IReadOnlyList<HolderOrder> Unfinished()
    {
        using var connection = Open();
        using var select = Command(connection, "SELECT * FROM orders WHERE stage <> 'Done' ORDER BY id");
        using var reader = select.ExecuteReader();
        var orders = new List<HolderOrder>();
        while (reader.Read())
        {
            orders.Add(
                new HolderOrder(
                    reader.GetString(0),
                    reader.GetString(1),
                    reader.GetString(2),
                    reader.GetString(3),
                    reader.IsDBNull(4) ? null : reader.GetString(4),
                    Enum.Parse<Stage>(reader.GetString(5))
                )
                {
                    Counts = JsonSerializer.Deserialize<Counts>(reader.GetString(6))!,
                }
            );
        }
        return orders;
    }

    /// <summary>Whether the order was ever taken in.</summary>
    public bool Knows(string id)
    {
        using var connection = Open();
        using var select = Command(connection, "SELECT 1 FROM orders WHERE id = $id", ("$id", id));
        return select.ExecuteScalar() is not null;
    }

    /// <summary>The oldest entry that the audit log has not taken yet.</summary>
    public (long Number, string Entry)? NextEntry()
    {
        using var connection = Open();
        using var select = Command(connection, "SELECT number, entry FROM outbox ORDER BY number LIMIT 1");
        using var reader = select.ExecuteReader();
        return reader.Read() ? (reader.GetInt64(0), reader.GetString(1)) : null;
    }

    /// <summary>The audit log has taken it.</summary>
    public void Forget(long number) => Execute("DELETE FROM outbox WHERE number = $number", ("$number", number));

    private static LineageHead? HeadOf(SqliteConnection connection, string lineage)
    {
        using var select = Command(connection, "SELECT * FROM lineages WHERE id = $id", ("$id", lineage));
        using var reader = select.ExecuteReader();
        return reader.Read()
            ? new LineageHead(lineage, reader.GetInt32(1), reader.GetString(2), reader.GetString(3), reader.GetString(4))
            : null;
    }

    private static void Keep(SqliteConnection connection, LineageHead head)
    {
        using var replace = Command(
            connection,
            "REPLACE INTO lineages VALUES ($id, $version, $digest, $sub, $org)",
            ("$id", head.Lineage),
            ("$version", head.Version),
            ("$digest", head.Digest),
            ("$sub", head.ApplicantSub),
            ("$org", head.ApplicantOrg)
        );
        replace.ExecuteNonQuery();
    }

    // The entry is signed over its own running number, so the number is taken first, in the same transaction.
    private static void Tell(SqliteConnection connection, Func<long, string> entry)
    {
        using var insert = Command(connection, "INSERT INTO outbox (entry) VALUES ('') RETURNING number");
        var number = (long)insert.ExecuteScalar()!;
        using var fill = Command(
            connection,
            "UPDATE outbox SET entry = $entry WHERE number = $number",
            ("$entry", entry(number)),
            ("$number", number)
        );
        fill.ExecuteNonQuery();
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(connectionString);
        connection.Open();
        using var synchronous = Command(connection, "PRAGMA synchronous = FULL");
        synchronous.ExecuteNonQuery();
        return connection;
    }

    private void Execute(string sql, params (string Name, object? Value)[] parameters)
    {
        using var connection = Open();
        using var command = Command(connection, sql, parameters);
        command.ExecuteNonQuery();
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql, params (string Name, object? Value)[] parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }
        return command;
    }
}
