using System.Globalization;
using DuckDB.NET.Data;
using HealthDataNode.ReferenceSpe.Jobs;

namespace HealthDataNode.ReferenceSpe.Sandboxed;

/// <summary>
/// <c>job convert MEGABYTES</c>: reads <c>input.parquet</c> and writes its cells as <c>table.csv</c>. What else was
/// in the file stays behind. The SQL is ours; the file is not, hence the sandbox.
/// </summary>
internal static class Conversion
{
    private const string Copy =
        "COPY (FROM read_parquet('input.parquet')) TO 'table.csv' (FORMAT csv, HEADER true, QUOTE '\"', ESCAPE '\"')";

    public static JobOutcome Run(int megabytes)
    {
        try
        {
            using var connection = new DuckDBConnection("Data Source=:memory:");
            connection.Open();
            Execute(connection, string.Create(CultureInfo.InvariantCulture, $"SET memory_limit = '{megabytes / 2}MB'"));
            Execute(connection, "SET threads = 1");
            Execute(connection, "SET temp_directory = ''");
            Execute(connection, "SET autoinstall_known_extensions = false");
            Execute(connection, Copy);
            return JobOutcome.Done;
        }
        catch (DuckDBException)
        {
            return JobOutcome.Failed(JobErrors.Conversion);
        }
    }

    // The texts are constants, and one number.
#pragma warning disable CA2100
    private static void Execute(DuckDBConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
#pragma warning restore CA2100
}
