using HealthDataNode.ReferenceSpe.Workspaces;

namespace HealthDataNode.ReferenceSpe.State;

/// <summary>How many aliases each workspace has taken, so that nobody has to open it to know. The workspace is right
/// where the two differ: a crash between them only asks for a file again that is there.</summary>
internal sealed class AliasCounts
{
    private const string Schema =
        "CREATE TABLE IF NOT EXISTS alias_count (lineage TEXT PRIMARY KEY, files INTEGER NOT NULL, pairs INTEGER NOT NULL)";

    private readonly StateDatabase state;
    private readonly Outbox outbox;

    public AliasCounts(StateDatabase state, Outbox outbox)
    {
        (this.state, this.outbox) = (state, outbox);
        using var connection = state.Open();
        connection.Execute(Schema);
    }

    public Aliases.Taken Of(string lineage)
    {
        using var connection = state.Open();
        return connection
                .Query(
                    "SELECT files, pairs FROM alias_count WHERE lineage = $0",
                    row => new Aliases.Taken(row.GetInt32(0), row.GetInt64(1)),
                    lineage
                )
                .SingleOrDefault()
            ?? new Aliases.Taken(0, 0);
    }

    public void Keep(string lineage, Aliases.Taken taken) =>
        state.InTransaction(transaction =>
        {
            transaction.Execute(
                """
                INSERT INTO alias_count VALUES ($0, $1, $2)
                ON CONFLICT (lineage) DO UPDATE SET files = $1, pairs = $2
                """,
                lineage,
                taken.Files,
                taken.Pairs
            );
            outbox.AddAudit(
                transaction,
                "aliases-applied",
                null,
                ("lineage", lineage),
                ("files", $"{taken.Files}"),
                ("pairs", $"{taken.Pairs}")
            );
        });
}
