using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DuckDB.NET.Data;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Protocol.Rows;
using HealthDataNode.ReferenceSpe.Workspaces;

namespace HealthDataNode.Services.Tests.ReferenceSpe;

/// <summary>More rows than are appended, or counted, at a time.</summary>
public sealed class Writing_a_table : IDisposable
{
    private const int Persons = 90_000;
    private readonly string directory = Directory.CreateTempSubdirectory("hdn-table-").FullName;

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void Keeps_every_row_and_counts_each_person_once()
    {
        var database = Path.Combine(directory, "workspace.duckdb");
        using (var table = new SourceTable(database, Source(), hasTypedView: false))
        {
            table.Begin();
            for (var person = 0; person < Persons; person++)
            {
                // Every other person has a second row, far from the first.
                table.Append(Pseudonym(person), "a"u8, [1]);
                if (person >= Persons / 2)
                {
                    table.Append(Pseudonym((person - (Persons / 2)) * 2), "b"u8, [1]);
                }
            }

            Assert.Equal(Persons, table.Swap(Persons * 3 / 2));
        }

        using var connection = new DuckDBConnection($"Data Source={database};ACCESS_MODE=READ_ONLY");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT count(*) FILTER (note = 'a'), count(*), count(DISTINCT {RowFormat.PseudonymColumn}) FROM cancer";
        using var reader = command.ExecuteReader();
        Assert.True(reader.Read());
        Assert.Equal((Persons, Persons * 3 / 2, Persons), (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(99_999)]
    [InlineData(100_000)]
    [InlineData(3_500_000)]
    public void Puts_each_pseudonym_into_one_range(long rows)
    {
        using var connection = new DuckDBConnection("Data Source=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        var ranges = PseudonymRanges.Of("known", rows).ToList();
        command.CommandText = $"""
            SELECT count(*) FROM (SELECT md5(CAST(range AS VARCHAR)) AS known FROM range(1000)
                UNION ALL SELECT repeat('0', 32) UNION ALL SELECT repeat('f', 32))
            WHERE {string.Join(" + ", ranges.Select(range => $"CAST({range} AS INTEGER)"))} = 1
            """;
        Assert.Equal(1002L, Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture));
        Assert.Equal((rows / 100_000) + 1, ranges.Count);
    }

    private static PermitSource Source() =>
        new()
        {
            Source = "cancer",
            Holder = "cancerregistry",
            IdentifierBudget = Persons,
            Decision = new("hdab", 1_790_000_000),
            OptOut = new(0, new string('0', 64)),
            Columns = [new PermitColumn("note", "string")],
        };

    // Spread evenly, as a cipher's are.
    private static byte[] Pseudonym(int person) =>
        SHA256.HashData(Encoding.ASCII.GetBytes(person.ToString(CultureInfo.InvariantCulture)))[..Block.Size];
}
