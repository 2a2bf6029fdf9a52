using DuckDB.NET.Data;

namespace HealthDataNode.Ledger;

/// <summary>One side of the comparison: rows by source, row digests, and the linkage of rows to persons.</summary>
/// <remarks>Linkage is grouped by DuckDB, on disk where memory does not suffice, so that size does not matter.</remarks>
internal sealed class Side : IDisposable
{
    private readonly DuckDBConnection connection;
    private readonly string folder;

    public Dictionary<string, SourceSums> Sources { get; } = [];

    public Side(string temporary)
    {
        folder = temporary;
        Directory.CreateDirectory(folder);
        connection = new DuckDBConnection("Data Source=:memory:");
        connection.Open();
        Execute($"SET temp_directory = '{Quoted(folder)}'; SET memory_limit = '1GB'; SET threads = 2");
        Execute("CREATE TABLE linked (person VARCHAR, hash BLOB)");
    }

    /// <summary>Adds the raw rows of a holder, as they should have arrived: each with the person's first identifier.</summary>
    public void AddRaw(string csv, Delivery delivery, Persons persons) =>
        Add(
            delivery.Source,
            $"SELECT coalesce(person_id, ''), {Columns(delivery)} FROM read_csv('{Quoted(csv)}', header = true, all_varchar = true, quote = '\"', escape = '\"', delim = ',')",
            delivery.Columns.Count,
            (sums, identifier) =>
            {
                if (!Identifier.IsValid(identifier))
                {
                    sums.Invalid++;
                    return null;
                }
                var first = persons.First(identifier);
                if (persons.IsWithheld(delivery, first))
                {
                    sums.Withheld++;
                    return null;
                }
                return first;
            }
        );

    /// <summary>Adds the rows of an opened table.</summary>
    public void AddOpened(string database, Delivery delivery)
    {
        Execute($"ATTACH '{Quoted(database)}' AS room (READ_ONLY)");
        try
        {
            Add(
                delivery.Source,
                $"SELECT coalesce(pseudonym, ''), {Columns(delivery)} FROM room.\"{delivery.Source}\"",
                delivery.Columns.Count,
                (_, pseudonym) => pseudonym
            );
        }
        finally
        {
            Execute("DETACH room");
        }
    }

    /// <summary>Per person SHA-256 over the sorted hashes of all that person's rows; summed over persons.</summary>
    public string LinkageDigest()
    {
        var sum = new DigestSum();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT sha256(unhex(string_agg(hex(hash), '' ORDER BY hex(hash)))) FROM linked GROUP BY person";
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            sum.Add(Convert.FromHexString(reader.GetString(0)));
        }
        return sum.ToString();
    }

    public void Dispose()
    {
        connection.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    // `personOf` says whose row it is, or counts why nobody's and says null.
    private void Add(string source, string sql, int columns, Func<SourceSums, string, string?> personOf)
    {
        var sums = new SourceSums();
        using var select = connection.CreateCommand();
        select.CommandText = sql;
        select.UseStreamingMode = true;
        var chunk = Path.Combine(folder, source + ".rows");
        using (var reader = select.ExecuteReader())
        using (var linked = new StreamWriter(chunk))
        {
            var fields = new string[columns];
            while (reader.Read())
            {
                sums.Rows++;
                if (personOf(sums, reader.GetString(0)) is not { } person)
                {
                    continue;
                }
                for (var i = 0; i < columns; i++)
                {
                    fields[i] = reader.GetString(i + 1);
                }
                var hash = RowHash.Of(fields);
                sums.Digest.Add(hash);
                linked.WriteLine($"{person},{Convert.ToHexString(RowHash.Linked(source, hash))}");
            }
        }
        // Of an empty file DuckDB cannot tell what it is; a source of which nothing was opened is a difference, not a fault.
        if (new FileInfo(chunk).Length > 0)
        {
            Execute(
                $"INSERT INTO linked SELECT person, unhex(hash) FROM read_csv('{Quoted(chunk)}', header = false, all_varchar = true, columns = {{'person': 'VARCHAR', 'hash': 'VARCHAR'}})"
            );
        }
        using var persons = connection.CreateCommand();
        persons.CommandText = $"SELECT count(DISTINCT column0) FROM read_csv('{Quoted(chunk)}', header = false, all_varchar = true)";
        sums.Persons = new FileInfo(chunk).Length == 0 ? 0 : Convert.ToInt64(persons.ExecuteScalar(), null);
        File.Delete(chunk);
        Sources.Add(source, sums);
    }

    private static string Columns(Delivery delivery) => string.Join(", ", delivery.Columns.Select(column => $"coalesce(\"{column}\", '')"));

    private static string Quoted(string path) => path.Replace("'", "''", StringComparison.Ordinal);

    private void Execute(string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}

/// <summary>Counts and digest of one source on one side.</summary>
internal sealed class SourceSums
{
    public long Rows { get; set; }
    public long Invalid { get; set; }
    public long Withheld { get; set; }
    public long Persons { get; set; }
    public DigestSum Digest { get; } = new();
}
