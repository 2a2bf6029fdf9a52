using System.Collections.Concurrent;
using HealthDataNode.ReferenceSpe.State;

namespace HealthDataNode.ReferenceSpe.Rooms;

/// <summary>
/// Which rooms are over. That a room ends is kept before anything of it is deleted, so that a program that was killed
/// goes on with it; that it has ended is kept for good.
/// </summary>
internal sealed class RoomStates
{
    public const string Open = "open";
    public const string Ending = "ending";
    public const string Ended = "ended";

    private const string Schema = "CREATE TABLE IF NOT EXISTS room (lineage TEXT PRIMARY KEY, state TEXT NOT NULL, at INTEGER NOT NULL)";

    private readonly ConcurrentDictionary<string, string> over = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> clearing = new(StringComparer.Ordinal);
    private readonly StateDatabase state;
    private readonly TimeProvider time;

    public RoomStates(StateDatabase state, TimeProvider time)
    {
        (this.state, this.time) = (state, time);
        using var connection = state.Open();
        connection.Execute(Schema);
        foreach (var (lineage, stands) in connection.Query("SELECT lineage, state FROM room", row => (row.GetString(0), row.GetString(1))))
        {
            over[lineage] = stands;
        }
    }

    /// <summary><see cref="Ending"/>, <see cref="Ended"/>, or null where the room is not over.</summary>
    public string? OverOf(string lineage) => over.GetValueOrDefault(lineage);

    public bool IsOver(string lineage) => over.ContainsKey(lineage);

    /// <summary>Those that something of may still be there.</summary>
    public IReadOnlyList<string> Unfinished => [.. over.Where(room => room.Value == Ending).Select(room => room.Key)];

    /// <summary>From here on nobody enters, and nothing comes in, ever again. True where it began now.</summary>
    public bool Begin(string lineage)
    {
        if (!over.TryAdd(lineage, Ending))
        {
            return false;
        }

        using var connection = state.Open();
        connection.Execute("INSERT OR IGNORE INTO room VALUES ($0, $1, $2)", lineage, Ending, time.GetUtcNow().ToUnixTimeMilliseconds());
        return true;
    }

    /// <summary>Nothing of it is there any more; in the caller's transaction.</summary>
    public static void End(Microsoft.Data.Sqlite.SqliteConnection transaction, string lineage) =>
        transaction.Execute("UPDATE room SET state = $1 WHERE lineage = $0", lineage, Ended);

    /// <summary>After that transaction.</summary>
    public void HasEnded(string lineage) => over[lineage] = Ended;

    /// <summary>Whether the jobs in a room are being sent out, because what they read goes.</summary>
    public bool IsClearing(string lineage) => clearing.ContainsKey(lineage);

    public IDisposable Clear(string lineage)
    {
        clearing[lineage] = true;
        return new Cleared(() => clearing.TryRemove(lineage, out _));
    }

    private sealed class Cleared(Action done) : IDisposable
    {
        public void Dispose() => done();
    }
}
