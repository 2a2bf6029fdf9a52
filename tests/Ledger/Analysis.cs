using System.Globalization;
using DuckDB.NET.Data;

namespace HealthDataNode.Ledger;

/// <summary>
/// The journey's analysis again, over the raw files of three sources, in SQL of the ledger's own: deaths and follow-up
/// since the first treatment by treatment group, joined on the person's first number instead of the pseudonym.
/// </summary>
internal static class Analysis
{
    // Last day of follow-up in the synthetic registers.
    private const string End = "DATE '2025-12-31'";

    public static List<string> OverRawFiles(DirectoryInfo data, Workspace workspace, Persons persons, string scratch)
    {
        using var connection = new DuckDBConnection("Data Source=:memory:");
        connection.Open();
        foreach (var delivery in workspace.Deliveries)
        {
            Arrive(connection, data, delivery, persons, scratch);
        }
        using var command = connection.CreateCommand();
        command.CommandText = $"""
            WITH tumour AS (
                SELECT a.first, c.treatment_group
                FROM {Csv(data, "cancer")} c JOIN cancer_arrived a ON a.person_id = c.person_id
                WHERE c.treatment_group IS NOT NULL),
            treated AS (
                SELECT a.first, min(CAST(t.start_date AS DATE)) AS started
                FROM {Csv(data, "treatment")} t JOIN treatment_arrived a ON a.person_id = t.person_id GROUP BY a.first),
            dead AS (
                SELECT a.first, min(CAST(d.death_date AS DATE)) AS died
                FROM {Csv(data, "death")} d JOIN death_arrived a ON a.person_id = d.person_id
                WHERE d.death_date IS NOT NULL GROUP BY a.first)
            SELECT tumour.treatment_group,
                   CAST(count(*) AS BIGINT) AS persons,
                   CAST(sum(CASE WHEN dead.died IS NULL THEN 0 ELSE 1 END) AS BIGINT) AS deaths,
                   CAST(sum(date_diff('day', treated.started, CASE WHEN dead.died IS NULL THEN {End} ELSE dead.died END)) AS BIGINT) AS days
            FROM tumour JOIN treated ON treated.first = tumour.first LEFT JOIN dead ON dead.first = tumour.first
            GROUP BY tumour.treatment_group ORDER BY tumour.treatment_group
            """;
        return Rows(command);
    }

    public static List<string> OfJob(string parquet)
    {
        using var connection = new DuckDBConnection("Data Source=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText =
            $"SELECT treatment_group, CAST(persons AS BIGINT), CAST(deaths AS BIGINT), CAST(days AS BIGINT) FROM read_parquet('{Quoted(parquet)}') ORDER BY 1";
        return Rows(command);
    }

    // Whose rows of a source should have arrived, by identifier, and under which first identifier.
    private static void Arrive(DuckDBConnection connection, DirectoryInfo data, Delivery delivery, Persons persons, string scratch)
    {
        var source = delivery.Source;
        var file = Path.Combine(scratch, source + ".arrived");
        using (var command = connection.CreateCommand())
        using (var writer = new StreamWriter(file))
        {
            command.CommandText = $"SELECT DISTINCT person_id FROM {Csv(data, source)} WHERE person_id IS NOT NULL";
            command.UseStreamingMode = true;
            using var reader = command.ExecuteReader();
            writer.WriteLine("person_id,first");
            while (reader.Read())
            {
                var identifier = reader.GetString(0);
                if (Identifier.IsValid(identifier) && !persons.IsWithheld(delivery, persons.First(identifier)))
                {
                    writer.WriteLine($"{identifier},{persons.First(identifier)}");
                }
            }
        }
        using var load = connection.CreateCommand();
        load.CommandText = $"CREATE TABLE {source}_arrived AS SELECT * FROM read_csv('{Quoted(file)}', header = true, all_varchar = true)";
        load.ExecuteNonQuery();
    }

    private static List<string> Rows(DuckDBCommand command)
    {
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
        {
            rows.Add(
                string.Join(
                    '|',
                    Enumerable.Range(0, reader.FieldCount).Select(i => Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture))
                )
            );
        }
        return rows;
    }

    private static string Csv(DirectoryInfo data, string source) =>
        $"read_csv('{Quoted(Path.Combine(data.FullName, "holder", source + ".csv"))}', header = true, all_varchar = true, quote = '\"', escape = '\"', delim = ',')";

    private static string Quoted(string path) => path.Replace("'", "''", StringComparison.Ordinal);
}
