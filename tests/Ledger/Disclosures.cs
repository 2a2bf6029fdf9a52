using Microsoft.Data.Sqlite;

namespace HealthDataNode.Ledger;

/// <summary>Whom holders have written down as disclosed (GDPR 15(1)(c)): the log from which a citizen is told.</summary>
internal static class Disclosures
{
    // A holder writes its log when it hears that the order was delivered; one that was killed hears it after its start.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The number of persons, by first identifier, in the log of a room's source: as many as the room holds, or
    /// what is there when nothing more comes.</summary>
    public static long Count(DirectoryInfo data, string lineage, string source, Persons persons, long expected)
    {
        // Only beside a stack is there a holder that may still write.
        var until = DateTime.UtcNow + (File.Exists(Path.Combine(data.FullName, "stack.json")) ? Patience : TimeSpan.Zero);
        while (true)
        {
            var count = Logs(data).Sum(log => Read(log, lineage, source).Select(persons.First).Distinct().LongCount());
            if (count == expected || DateTime.UtcNow >= until)
            {
                return count;
            }
            Thread.Sleep(500);
        }
    }

    private static IEnumerable<string> Logs(DirectoryInfo data) =>
        data.EnumerateDirectories().Select(holder => Path.Combine(holder.FullName, "disclosures.db")).Where(File.Exists);

    private static IEnumerable<string> Read(string log, string lineage, string source)
    {
        var file = new SqliteConnectionStringBuilder
        {
            DataSource = log,
            Mode = SqliteOpenMode.ReadOnly,
            Pooling = false,
        };
        using var connection = new SqliteConnection(file.ToString());
        connection.Open();
        using var select = connection.CreateCommand();
        // A source that was delivered again is written down again.
        select.CommandText = """
            SELECT person_id FROM persons WHERE delivery =
                (SELECT max(number) FROM deliveries WHERE lineage = $lineage AND source = $source)
            """;
        select.Parameters.AddWithValue("$lineage", lineage);
        select.Parameters.AddWithValue("$source", source);
        using var reader = select.ExecuteReader();
        while (reader.Read())
        {
            yield return reader.GetString(0);
        }
    }
}
