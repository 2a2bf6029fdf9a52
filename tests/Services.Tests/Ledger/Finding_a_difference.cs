using System.Buffers.Text;
using System.Text.Json;
using DuckDB.NET.Data;
using HealthDataNode.Ledger;
using HealthDataNode.Services.Tests.Pseudonymisation;
using Microsoft.Data.Sqlite;

namespace HealthDataNode.Services.Tests.Ledger;

/// <summary>The ledger over a small data directory, as holders and an SPE leave it.</summary>
public sealed class Finding_a_difference : IDisposable
{
    private readonly DirectoryInfo data = Directory.CreateTempSubdirectory("hdn-ledger-");
    private readonly string room;
    private readonly string[] people = PseudonymisationWorld.People(5);

    public Finding_a_difference()
    {
        room = Path.Combine(data.FullName, "spe", "lineage");
        Directory.CreateDirectory(Path.Combine(data.FullName, "holder"));
        File.WriteAllLines(
            Path.Combine(data.FullName, "holder/cancer.csv"),
            [
                "person_id,stage,county",
                $"{people[0]},I,Oslo",
                $"{people[0]},II,\"Troms, og mer\"",
                $"{people[1]},I,",
                $"{people[2]},IV,Agder",
                $"{PseudonymisationWorld.Spoilt(people[2])},IV,Agder",
            ]
        );
        File.WriteAllLines(
            Path.Combine(data.FullName, "holder/death.csv"),
            ["person_id,death_date", $"{people[1]},2024-01-02", $"{people[2]},2024-03-04"]
        );
        Deliver("cancer", 4, 0, "stage", "county");
        Deliver("death", 2, 1, "death_date");
        Disclosed("cancer", people[..3]);
        Disclosed("death", people[1..3]);
        InRoom("CREATE TABLE cancer (pseudonym VARCHAR, stage VARCHAR, county VARCHAR)");
        InRoom("CREATE TABLE death (pseudonym VARCHAR, death_date VARCHAR)");
        InRoom("INSERT INTO cancer VALUES ('aa', 'II', 'Troms, og mer'), ('cc', 'IV', 'Agder'), ('aa', 'I', 'Oslo'), ('bb', 'I', NULL)");
        InRoom("INSERT INTO death VALUES ('cc', '2024-03-04'), ('bb', '2024-01-02')");
    }

    [Fact]
    public void Finds_none_where_every_row_was_opened_once_with_its_person() => Assert.Equal(0, Check.Run(data, null));

    [Theory]
    [InlineData("UPDATE death SET pseudonym = CASE pseudonym WHEN 'bb' THEN 'cc' ELSE 'bb' END")]
    [InlineData("UPDATE cancer SET pseudonym = 'bb' WHERE stage = 'II'")]
    [InlineData("UPDATE death SET pseudonym = 'dd' WHERE pseudonym = 'bb'")]
    public void Finds_a_row_with_another_person(string fault) => FindsAfter(fault);

    [Theory]
    [InlineData("DELETE FROM cancer WHERE pseudonym = 'bb'")]
    [InlineData("DELETE FROM death")]
    public void Finds_a_lost_row(string fault) => FindsAfter(fault);

    [Theory]
    [InlineData("INSERT INTO death VALUES ('cc', '2024-03-04')")]
    [InlineData("INSERT INTO cancer VALUES ('dd', 'IV', 'Agder')")]
    public void Finds_a_row_too_many(string fault) => FindsAfter(fault);

    [Fact]
    public void Finds_a_row_lost_and_another_doubled_in_its_place()
    {
        InRoom("DELETE FROM death WHERE pseudonym = 'bb'");
        FindsAfter("INSERT INTO death VALUES ('cc', '2024-03-04')");
    }

    [Theory]
    [InlineData("UPDATE cancer SET county = 'Agder ' WHERE county = 'Agder'")]
    [InlineData("UPDATE cancer SET stage = county, county = stage WHERE stage = 'IV'")]
    public void Finds_a_changed_value(string fault) => FindsAfter(fault);

    [Fact]
    public void Finds_a_delivery_without_a_receipt()
    {
        File.Delete(Path.Combine(room, "deliveries/death/receipt.jws"));
        Assert.Equal(1, Check.Run(data, null));
    }

    [Theory]
    [InlineData(0)] // lost
    [InlineData(1)]
    [InlineData(3)] // one more than the room has
    [Trait("Article", "GDPR 15(1)(c)")]
    public void Finds_a_disclosure_log_that_names_others_than_the_room_has(int named)
    {
        Disclosed("death", people[..named]);
        Assert.Equal(1, Check.Run(data, null));
    }

    [Fact]
    [Trait("Requirement", "PSE-028")]
    public void Knows_a_person_by_the_first_of_several_numbers()
    {
        // The one whom the cancer registry has is whom the cause-of-death registry knows by a third number.
        Population($"1,2020-01-01,number-change,{people[0]},{people[3]}", $"2,2021-01-01,number-change,{people[3]},{people[4]}");
        AddDeath(people[4]);
        Assert.Equal(1, Check.Run(data, null));

        InRoom("INSERT INTO death VALUES ('aa', '2025-05-06')");
        Deliver("death", 3, 1, "death_date");
        Disclosed("death", people[1], people[2], people[4]);
        Assert.Equal(0, Check.Run(data, null));

        FindsAfter("UPDATE death SET pseudonym = 'ee' WHERE pseudonym = 'aa'");
    }

    [Fact]
    [Trait("Article", "EHDS 71")]
    public void Misses_nobody_who_is_withheld_and_finds_them_where_they_are()
    {
        // By the number of today; the cause-of-death registry carries an older one.
        Population(
            $"1,2020-01-01,number-change,{people[1]},{people[3]}",
            $"2,2020-01-02,address-protected,{people[2]},",
            $"3,2020-01-03,address-open,{people[2]},"
        );
        Declared(people[3], "1,anna,out");
        Assert.Equal(1, Check.Run(data, null));

        InRoom("DELETE FROM death WHERE pseudonym = 'bb'");
        Deliver("death", 1, 1, "death_date");
        Disclosed("death", people[2]);
        Assert.Equal(0, Check.Run(data, null));
    }

    [Theory]
    [InlineData("3,anna,out", 0)] // after the decision
    [InlineData("2,anna,out\n3,anna,in", 1)] // back in, and too late for this one
    [InlineData("1,anna,out\n2,anna,in", 0)]
    [InlineData("1,anna,in\n2,anna,out", 1)]
    [Trait("Article", "EHDS 71(3)")]
    public void Judges_a_source_by_the_list_that_its_own_decision_took(string declared, int difference)
    {
        Declared(people[1], declared);
        Deliver("death", 2, 2, "death_date");

        Assert.Equal(difference, Check.Run(data, null));
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(3, 1)]
    [Trait("Article", "EHDS 71(3)")]
    public void Finds_a_list_of_before_the_decision(int declaredBefore, int difference)
    {
        Deliver("death", 2, 2, "death_date");
        var report = new FileInfo(Path.Combine(data.FullName, "journey.json"));
        var decided = new { lineage = "lineage", declaredBefore = new { death = declaredBefore } };
        File.WriteAllText(report.FullName, JsonSerializer.Serialize(decided));

        Assert.Equal(difference, Check.Run(data, report));
    }

    [Fact]
    [Trait("Article", "EHDS 71")]
    public void Misses_nobody_whose_address_is_protected()
    {
        Population($"1,2020-01-02,address-protected,{people[2]},");
        Assert.Equal(1, Check.Run(data, null));

        InRoom("DELETE FROM death WHERE pseudonym = 'cc'");
        InRoom("DELETE FROM cancer WHERE pseudonym = 'cc'");
        Deliver("death", 1, 1, "death_date");
        Deliver("cancer", 3, 1, "stage", "county");
        Disclosed("death", people[1]);
        Disclosed("cancer", people[..2]);
        Assert.Equal(0, Check.Run(data, null));
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    [Trait("Article", "EHDS 63(3)")]
    public void Finds_what_is_left_of_a_revoked_permit(bool isThere, int difference)
    {
        var report = new FileInfo(Path.Combine(data.FullName, "journey.json"));
        File.WriteAllText(report.FullName, """{"lineage": "another", "revokedLineage": "ended"}""");
        if (isThere)
        {
            Directory.CreateDirectory(Path.Combine(data.FullName, "spe", "ended", "jobs"));
        }

        Assert.Equal(difference, Check.Run(data, report));
    }

    [Fact]
    public void Has_nothing_to_compare_without_a_room()
    {
        Directory.Delete(room, recursive: true);
        Assert.Equal(4, Check.Run(data, null));
    }

    public void Dispose() => data.Delete(recursive: true);

    private void FindsAfter(string fault)
    {
        InRoom(fault);
        Assert.Equal(1, Check.Run(data, null));
    }

    // What a holder wrote down at a delivery of its source, the newest of which counts.
    private void Disclosed(string source, params string[] persons)
    {
        var holder = Directory.CreateDirectory(Path.Combine(data.FullName, source + "registry")).FullName;
        using var connection = new SqliteConnection($"Data Source={holder}/disclosures.db;Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"""
            CREATE TABLE IF NOT EXISTS deliveries (number INTEGER PRIMARY KEY, lineage TEXT, source TEXT);
            CREATE TABLE IF NOT EXISTS persons (person_id TEXT, delivery INTEGER);
            INSERT INTO deliveries (lineage, source) VALUES ('lineage', '{source}');
            {string.Concat(persons.Select(person => $"INSERT INTO persons VALUES ('{person}', (SELECT max(number) FROM deliveries));"))}
            """;
        command.ExecuteNonQuery();
    }

    private void Declared(string identifier, string lines)
    {
        File.WriteAllText(
            Path.Combine(data.FullName, "holder/citizens.json"),
            JsonSerializer.Serialize(new { anna = new { number = identifier } })
        );
        File.WriteAllText(Path.Combine(data.FullName, "holder/declarations.txt"), lines + "\n");
    }

    private void Population(params string[] lines) =>
        File.WriteAllLines(Path.Combine(data.FullName, "holder/population.csv"), ["number,date,kind,person_id,other_id", .. lines]);

    private void AddDeath(string identifier) =>
        File.AppendAllLines(Path.Combine(data.FullName, "holder/death.csv"), [$"{identifier},2025-05-06"]);

    private void InRoom(string sql)
    {
        using var connection = new DuckDBConnection($"Data Source={room}/workspace.duckdb");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private void Deliver(string source, int rows, int list, params string[] columns)
    {
        var folder = Directory.CreateDirectory(Path.Combine(room, "deliveries", source)).FullName;
        var named = columns.Select(column => new { name = column });
        Write(
            "permit",
            new
            {
                sources = new[]
                {
                    new
                    {
                        source,
                        columns = named,
                        optOut = new { list },
                    },
                },
            }
        );
        Write("manifest", new { rows });
        Write("receipt", new { rows });
        void Write(string document, object payload) =>
            File.WriteAllText(
                Path.Combine(folder, $"{document}.jws"),
                $"header.{Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(payload))}.signature"
            );
    }
}
