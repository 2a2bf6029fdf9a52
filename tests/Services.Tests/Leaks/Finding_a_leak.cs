using System.IO.Compression;
using System.Text;
using System.Text.Json;
using DuckDB.NET.Data;
using HealthDataNode.Leaks;
using Microsoft.Data.Sqlite;

namespace HealthDataNode.Services.Tests.Leaks;

/// <summary>The planted control of `./check leaks`: what is put somewhere is found there, in every form.</summary>
public sealed class Finding_a_leak : IDisposable
{
    private readonly LeakyFolder folder = new();

    [Fact]
    public void Finds_none_where_there_is_none()
    {
        // Numbers, digests and dates as a log has them, somebody who is in no register, and what a digest holds by chance.
        folder.Write(
            "logs/permit.log",
            $"2026-11-26T02:19:41.1234567Z 12845678901 1795659553 {new string('a', 30)}{folder.Person}{new string('b', 30)} 900{folder.Person}77 01817012345\n"
        );

        var (exitCode, said) = folder.Search();

        Assert.True(exitCode == 0, said);
        // It would have found them: they stand where they may.
        Assert.Contains("allowed in holder/**: identifier", said, StringComparison.Ordinal);
        Assert.Contains("allowed in holder/**: row value", said, StringComparison.Ordinal);
        Assert.Contains("allowed in tap/*: permit key", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("raw")]
    [InlineData("spaced")]
    [InlineData("hyphen")]
    [InlineData("hex")]
    [InlineData("base64")]
    [InlineData("base64url in the middle")]
    [InlineData("UTF-16")]
    [InlineData("UTF-16, big-endian")]
    [InlineData("UTF-16 in base64")]
    [InlineData("hex in UTF-16")]
    [InlineData("records")]
    [InlineData("a record of the feed")]
    [InlineData("block")]
    public void Finds_an_identifier_in_every_form(string form)
    {
        foreach (var identifier in new[] { folder.Person, folder.Superseded, folder.OptedOut, folder.Invalid })
        {
            folder.Write("logs/gateway.log", Surrounded(Identifier(identifier, form)));
            Found("logs/gateway.log: identifier");
        }
    }

    [Fact]
    public void Finds_an_identifier_that_lacks_a_digit()
    {
        folder.Write("logs/gateway.log", $"person {folder.Short} is not valid");
        Found("logs/gateway.log: identifier, raw");
    }

    [Theory]
    [InlineData("raw")]
    [InlineData("hex")]
    [InlineData("HEX")]
    [InlineData("uuid")]
    [InlineData("base64")]
    [InlineData("hex in UTF-16")]
    public void Finds_a_token_or_a_pseudonym_in_every_form(string form)
    {
        (byte[] Value, string Kind)[] all =
        [
            (folder.Token, "person token"),
            (folder.DeliveryPseudonym, "delivery pseudonym"),
            (folder.PermitPseudonym, "permit pseudonym"),
            (folder.PermitKey, "permit key"),
        ];
        foreach (var (value, kind) in all)
        {
            folder.Write("gateway/orders/1/part", Surrounded(Value(value, form)));
            Found($"gateway/orders/1/part: {kind}");
        }
    }

    [Theory]
    [InlineData("2019-05-06\u001fTroms, og mer\u001fC34.1")]
    [InlineData("IV\u001fTroms, og mer\u001fC34.1\u001f2019-05-06")]
    [InlineData("2019-05-06\tTroms, og mer\tC34.1")]
    [InlineData("[\"2019-05-06\",\"Troms, og mer\",\"C34.1\"]")]
    public void Finds_a_row_in_the_order_of_its_file_and_of_the_permit(string row)
    {
        folder.Write("logs/referencespe.log", $"could not parse: {row}\n");
        Found("logs/referencespe.log: row value, raw");
    }

    [Fact]
    public void Finds_what_stands_across_the_pieces_in_which_a_file_is_read()
    {
        var text = new byte[(3 << 20) + 100];
        Array.Fill(text, (byte)'x');
        var at = (1 << 20) - 5;
        Encoding.ASCII.GetBytes($" {folder.Person} ").CopyTo(text, at);
        // What is encoded over the whole length, from one end to the other, is found in its middle too.
        var encoded = Convert.ToBase64String([
            .. new byte[(2 << 20) + 7],
            .. Encoding.ASCII.GetBytes($" {folder.OptedOut} "),
            .. new byte[1 << 20],
        ]);
        folder.Write("logs/a.log", text);
        folder.Write("logs/b.log", encoded);

        var (exitCode, said) = folder.Search();

        Assert.Equal(1, exitCode);
        Assert.Contains($"logs/a.log: identifier, raw, 1 times, at {at + 1}", said, StringComparison.Ordinal);
        Assert.Contains("logs/b.log: identifier, base64", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Finds_what_a_database_or_an_archive_hides()
    {
        using (var duck = new DuckDBConnection($"Data Source={folder.In("explorer.duckdb")}"))
        {
            duck.Open();
            using var command = duck.CreateCommand();
            // Repetitive, so that the file keeps it compressed.
            command.CommandText =
                $"CREATE TABLE t AS SELECT 'a person numbered {folder.Person} was here' AS said FROM range(5000); CHECKPOINT; "
                + $"COPY t TO '{folder.In("product.parquet")}' (FORMAT parquet, COMPRESSION zstd)";
            command.ExecuteNonQuery();
        }
        using (var sqlite = new SqliteConnection($"Data Source={folder.In("edge.db")};Pooling=False"))
        {
            sqlite.Open();
            using var command = sqlite.CreateCommand();
            command.CommandText = $"CREATE TABLE t (said TEXT); INSERT INTO t VALUES ('{new string('x', 5000)} {folder.Person}')";
            command.ExecuteNonQuery();
        }
        using var inner = new MemoryStream();
        Pack(inner, "a.txt", Encoding.ASCII.GetBytes($"who: {folder.Person}"));
        using var outer = new MemoryStream();
        Pack(outer, "inner.zip", inner.ToArray());
        folder.Write("home/b.zip", outer.ToArray());

        var (exitCode, said) = folder.Search();

        Assert.Equal(1, exitCode);
        Assert.Contains("found in explorer.duckdb (its rows): identifier", said, StringComparison.Ordinal);
        Assert.Contains("found in product.parquet (its rows): identifier", said, StringComparison.Ordinal);
        Assert.Contains("found in edge.db (its rows): identifier", said, StringComparison.Ordinal);
        Assert.Contains("found in home/b.zip (unpacked): identifier", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Finds_it_in_a_dump_a_recording_and_a_name()
    {
        folder.Write("tmp/dumps/permit.sql", $"COPY permit.events FROM stdin;\n1\t{{\"person\": \"{folder.Person}\"}}\n");
        folder.Write($"gateway/orders/{folder.Person}/part", "x");
        folder.Write("home/recording", $"GET /permit/v1/persons/{folder.OptedOut} HTTP/1.1");

        var (exitCode, said) = folder.Search(new FileInfo(folder.In("home/recording")));

        Assert.Equal(1, exitCode);
        Assert.Contains("found in database:permit: identifier", said, StringComparison.Ordinal);
        Assert.Contains("found in also:recording: identifier", said, StringComparison.Ordinal);
        Assert.Contains("found in gateway (in its own path): identifier", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_where_and_never_what()
    {
        folder.Write("logs/permit.log", $"{folder.Person} {Convert.ToHexStringLower(folder.Token)} 2019-05-06,Troms, og mer,C34.1");
        folder.Write($"gateway/{folder.OptedOut}", $"{folder.OptedOut}");

        var (_, said) = folder.Search();

        Assert.Contains("logs/permit.log: identifier, raw, 1 times, at 0", said, StringComparison.Ordinal);
        Assert.Contains("logs/permit.log: person token, hex, 1 times, at 12", said, StringComparison.Ordinal);
        Assert.DoesNotContain(folder.Person, said, StringComparison.Ordinal);
        Assert.DoesNotContain(folder.OptedOut, said, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToHexStringLower(folder.Token), said, StringComparison.Ordinal);
        Assert.DoesNotContain("Troms", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Obeys_the_table_of_who_may_know_what()
    {
        var (room, token) = (Convert.ToHexStringLower(folder.PermitPseudonym), Convert.ToHexStringLower(folder.Token));
        folder.Write($"spe/{LeakyFolder.Lineage}/jobs/1/result.csv", $"{room},2019-05-06,Troms, og mer,C34.1\n");
        folder.Write("cancerregistry/orders/1/tokens", $"{folder.Person} {token}");
        folder.Write("cancerregistry/disclosures.db-wal", $"{folder.Person}");
        var (exitCode, said) = folder.Search();
        Assert.True(exitCode == 0, said);

        // The same things a step to the side.
        folder.Write("spe/state.db-wal", room);
        folder.Write($"spe/{LeakyFolder.Lineage}/jobs/1/log", token);
        folder.Write("deathregistry/disclosures.db-wal", token);
        (exitCode, said) = folder.Search();
        Assert.Equal(1, exitCode);
        Assert.Contains("found in spe/state.db-wal: permit pseudonym", said, StringComparison.Ordinal);
        Assert.Contains($"found in spe/{LeakyFolder.Lineage}/jobs/1/log: person token", said, StringComparison.Ordinal);
        Assert.Contains("found in deathregistry/disclosures.db-wal: person token", said, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_read_is_not_clean()
    {
        folder.Write("explorer/broken.duckdb", [.. new byte[8], .. "DUCK"u8, .. new byte[100]]);
        var (exitCode, said) = folder.Search();
        Assert.Equal(1, exitCode);
        Assert.Contains("could not be read: explorer/broken.duckdb", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_whose_tokens_it_cannot_look_for()
    {
        File.WriteAllBytes(folder.In("tap", "another.key"), new byte[32]);
        File.Delete(folder.In("tap", $"{LeakyFolder.Lineage}.key"));
        Assert.Contains($"{LeakyFolder.Lineage}: its key was not tapped", folder.Search().Said, StringComparison.Ordinal);
    }

    [Fact]
    public void Has_nothing_to_check_without_a_tapped_key()
    {
        File.Delete(folder.In("tap", $"{LeakyFolder.Lineage}.key"));
        Assert.Equal(4, folder.Search().ExitCode);
    }

    [Fact]
    public void Computes_what_the_vectors_have()
    {
        using var vectors = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(LeakyFolder.Table().Directory!.Parent!.FullName, "tests/vectors/pseudonyms.json"))
        );
        var root = vectors.RootElement;
        var lineage = root.GetProperty("lineage").GetString()!;
        using var scheme = new Scheme(lineage, Convert.FromHexString(root.GetProperty("permitKey").GetString()!));
        var orders = root.GetProperty("orders")
            .EnumerateArray()
            .Select(digest => new Order(lineage, "cancer", digest.GetString()!))
            .ToList();
        foreach (var person in root.GetProperty("persons").EnumerateArray())
        {
            string[] identifier = [person.GetProperty("identifier").GetString()!];
            Assert.Equal(person.GetProperty("permitPseudonym").GetString(), Convert.ToHexStringLower(scheme.PermitPseudonyms(identifier)));
            foreach (var (order, expected) in orders.Zip(person.GetProperty("orders").EnumerateArray()))
            {
                var (token, pseudonym) = scheme.OfOrder(order, identifier);
                Assert.Equal(expected.GetProperty("token").GetString(), Convert.ToHexStringLower(token));
                Assert.Equal(expected.GetProperty("deliveryPseudonym").GetString(), Convert.ToHexStringLower(pseudonym));
            }
        }
    }

    public void Dispose() => folder.Dispose();

    private void Found(string what)
    {
        var (exitCode, said) = folder.Search();
        Assert.Equal(1, exitCode);
        Assert.Contains($"found in {what}", said, StringComparison.Ordinal);
    }

    private static byte[] Surrounded(byte[] value) => [.. "error: 17 {\""u8, .. value, .. "\"} at 12:30\n"u8];

    private static byte[] Identifier(string identifier, string form)
    {
        var raw = Encoding.ASCII.GetBytes(identifier);
        return form switch
        {
            "raw" => raw,
            "spaced" => Encoding.ASCII.GetBytes($"{identifier[..6]} {identifier[6..]}"),
            "hyphen" => Encoding.ASCII.GetBytes($"{identifier[..6]}-{identifier[6..]}"),
            "hex" => Encoding.ASCII.GetBytes(Convert.ToHexStringLower(raw)),
            "base64" => Encoding.ASCII.GetBytes(Convert.ToBase64String(raw)),
            "base64url in the middle" => Encoding.ASCII.GetBytes(
                "abc/" + System.Buffers.Text.Base64Url.EncodeToString(Encoding.ASCII.GetBytes($"{{\"persons\":[\"{identifier}\"]}}"))
            ),
            "UTF-16" => Encoding.Unicode.GetBytes($"number {identifier}"),
            "UTF-16, big-endian" => Encoding.BigEndianUnicode.GetBytes(identifier),
            "UTF-16 in base64" => Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.Unicode.GetBytes($"x {identifier}"))),
            "hex in UTF-16" => Encoding.Unicode.GetBytes(Convert.ToHexString(raw)),
            "records" => Encoding.ASCII.GetBytes($"{identifier}{identifier}"),
            "a record of the feed" => Encoding.ASCII.GetBytes($"N20200102{identifier}00000000000"),
            _ => [1, .. raw, 0, 0, 0, 0],
        };
    }

    private static byte[] Value(byte[] value, string form)
    {
        var hex = Convert.ToHexStringLower(value);
        return form switch
        {
            "raw" => value,
            "hex" => Encoding.ASCII.GetBytes(hex),
            "HEX" => Encoding.ASCII.GetBytes($"\\x{hex.ToUpperInvariant()}"),
            "uuid" => Encoding.ASCII.GetBytes($"{hex[..8]}-{hex[8..12]}-{hex[12..16]}-{hex[16..20]}-{hex[20..]}"),
            "base64" => Encoding.ASCII.GetBytes(Convert.ToBase64String([7, .. value, 9])),
            _ => Encoding.Unicode.GetBytes(hex),
        };
    }

    private static void Pack(Stream target, string name, byte[] content)
    {
        using var archive = new ZipArchive(target, ZipArchiveMode.Create, leaveOpen: true);
        using var entry = archive.CreateEntry(name).Open();
        entry.Write(content);
    }
}
