using HealthDataNode.ReferenceHolder.Orders;
using Microsoft.Data.Sqlite;

namespace HealthDataNode.ReferenceHolder.Feed;

/// <summary>A batch of the feed.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Offset">Bytes of the register's file behind its last line.</param>
/// <param name="LastLine">The number of its last line.</param>
/// <param name="Sent">Whether the node has taken it.</param>
public sealed record FeedBatch(int Number, long Offset, long LastLine, bool Sent);

/// <summary>How far the feed has come, in SQLite; the sealed batch on its way lies beside it.</summary>
public sealed class FeedBook
{
    private readonly string connectionString;
    private readonly HolderOptions options;

    public FeedBook(HolderOptions options)
    {
        this.options = options;
        Directory.CreateDirectory(options.Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        connectionString = new SqliteConnectionStringBuilder { DataSource = File("feed.db"), Pooling = false }.ToString();
        Execute(
            """
            PRAGMA journal_mode = WAL;
            CREATE TABLE IF NOT EXISTS batches (
                number INTEGER PRIMARY KEY, offset INTEGER NOT NULL, last_line INTEGER NOT NULL, sent INTEGER NOT NULL) STRICT;
            """
        );
    }

    /// <summary>A file of the feed's own.</summary>
    public string File(string name) => Path.Combine(options.Directory, name);

    /// <summary>The newest batch; null before the first.</summary>
    public FeedBatch? Last()
    {
        using var connection = Open();
        using var select = connection.CreateCommand();
        select.CommandText = "SELECT number, offset, last_line, sent FROM batches ORDER BY number DESC LIMIT 1";
        using var reader = select.ExecuteReader();
        return reader.Read() ? new FeedBatch(reader.GetInt32(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3) == 1) : null;
    }

    /// <summary>The batch is sealed and on disk: from now on these bytes go, and no others.</summary>
    public void Begin(FeedBatch batch) =>
        Execute(
            "INSERT INTO batches VALUES ($number, $offset, $line, 0)",
            ("$number", batch.Number),
            ("$offset", batch.Offset),
            ("$line", batch.LastLine)
        );

    /// <summary>The node has taken it.</summary>
    public void Sent(int number) => Execute("UPDATE batches SET sent = 1 WHERE number = $number", ("$number", number));

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(connectionString);
        connection.Open();
        using var synchronous = connection.CreateCommand();
        synchronous.CommandText = "PRAGMA synchronous = FULL";
        synchronous.ExecuteNonQuery();
        return connection;
    }

    private void Execute(string sql, params (string Name, object Value)[] parameters)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }
        command.ExecuteNonQuery();
    }
}
