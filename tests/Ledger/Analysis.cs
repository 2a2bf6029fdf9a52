using System.Globalization;
using DuckDB.NET.Data;

namespace HealthDataNode.Ledger;

/// <summary>
/// The journey's analysis again, over the raw files, in SQL of the ledger's own: deaths and follow-up by treatment
/// group, joined on the person's number instead of the pseudonym.
/// </summary>
internal static class Analysis
{
    // Last day of follow-up in the synthetic registers.
    private const string End = "DATE '2025-12-31'";

    public static List<string> OverRawFiles(DirectoryInfo data, string scratch)
    {
        using var connection = new DuckDBConnection("Data Source=:memory:");
        connection.Open();
        using var valid = connection.CreateCommand();
        var people = Path.Combine(scratch, "valid.csv");
        WriteValid(connection, data, people);
        valid.CommandText = $"""
            WITH valid AS (SELECT DISTINCT column0 AS person_id FROM read_csv('{Quoted(people)}', header = false, all_varchar = true)),
            tumour AS (
                SELECT c.person_id, c.treatment_group, CAST(c.diagnosis_date AS DATE) AS diagnosed
                FROM {Csv(data, "cancer")} c SEMI JOIN valid v ON v.person_id = c.person_id
                WHERE c.treatment_group IS NOT NULL),
            death AS (
                SELECT d.person_id, min(CAST(d.death_date AS DATE)) AS died
                FROM {Csv(data, "death")} d SEMI JOIN valid v ON v.person_id = d.person_id
                WHERE d.death_date IS NOT NULL GROUP BY d.person_id)
            SELECT t.treatment_group,
                   CAST(count(*) AS BIGINT) AS tumours,
                   CAST(sum(CASE WHEN death.died IS NULL THEN 0 ELSE 1 END) AS BIGINT) AS deaths,
                   CAST(sum(date_diff('day', t.diagnosed, CASE WHEN death.died IS NULL THEN {End} ELSE death.died END)) AS BIGINT) AS days
            FROM tumour t LEFT JOIN death ON death.person_id = t.person_id
            GROUP BY t.treatment_group ORDER BY t.treatment_group
            """;
        return Rows(valid);
    }

    public static List<string> OfJob(string parquet)
    {
        using var connection = new DuckDBConnection("Data Source=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText =
            $"SELECT treatment_group, CAST(tumours AS BIGINT), CAST(deaths AS BIGINT), CAST(days AS BIGINT) FROM read_parquet('{Quoted(parquet)}') ORDER BY 1";
        return Rows(command);
    }

    private static void WriteValid(DuckDBConnection connection, DirectoryInfo data, string file)
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT DISTINCT person_id FROM {Csv(data, "cancer")} WHERE person_id IS NOT NULL";
        using var reader = command.ExecuteReader();
        using var writer = new StreamWriter(file);
        while (reader.Read())
        {
            if (Identifier.IsValid(reader.GetString(0)))
            {
                writer.WriteLine(reader.GetString(0));
            }
        }
    }

    private static List<string> Rows(DuckDBCommand command)
    {
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
        {
            rows.Add(
                string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture)))
            );
        }
        return rows;
    }

    private static string Csv(DirectoryInfo data, string source) =>
        $"read_csv('{Quoted(Path.Combine(data.FullName, "holder", source + ".csv"))}', header = true, all_varchar = true, quote = '\"', escape = '\"', delim = ',')";

    private static string Quoted(string path) => path.Replace("'", "''", StringComparison.Ordinal);
}
