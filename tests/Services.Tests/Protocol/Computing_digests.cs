using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CsCheck;
using HealthDataNode.Protocol;
using HealthDataNode.Protocol.Rows;

namespace HealthDataNode.Services.Tests.Protocol;

public sealed class Computing_digests
{
    private static readonly JsonElement Vector = Vectors.Json("rows.json");

    // person, source, row
    private static readonly Gen<(int Person, int Source, byte[] Row)[]> Linked = Gen.Select(
        Gen.Int[0, 20],
        Gen.Int[0, 1],
        Gen.Byte.Array[0, 3]
    ).Array[1, 200];

    [Fact]
    public void Gives_the_row_hashes_and_digests_of_the_vectors()
    {
        foreach (var vector in Vector.List("files"))
        {
            var digest = new RowDigest();
            var hashes = new List<string>();
            foreach (var (_, rest) in Rows(vector))
            {
                var hash = new byte[RowDigest.HashSize];
                digest.Add(rest, hash);
                hashes.Add(Convert.ToHexStringLower(hash));
            }

            Assert.Equal(vector.Texts("rowHashes"), hashes);
            Assert.Equal((vector.Text("rowDigest"), vector.Number("rows")), (digest.Hex, digest.Rows));
        }
    }

    [Fact]
    public void Gives_the_linkage_digest_of_the_vectors()
    {
        var linkage = Vector.GetProperty("linkage");
        var digest = new LinkageDigest();
        foreach (var source in linkage.Texts("sources"))
        {
            foreach (var (person, rest) in Rows(Vector.List("files").Single(file => file.Text("name") == source)))
            {
                digest.Add(person, Encoding.UTF8.GetBytes(source), SHA256.HashData(rest));
            }
        }

        Assert.Equal((linkage.Text("digest"), linkage.Number("persons")), digest.Compute());
    }

    [Fact]
    public void Does_not_depend_on_order_or_parts() =>
        Gen.Select(Gen.Byte.Array[0, 5].Array[0, 50], Gen.Int[0, 50])
            .Sample(
                (rows, at) =>
                {
                    at = Math.Min(at, rows.Length);
                    var parts = Digest(rows[at..]);
                    parts.Add(Digest(rows[..at]));
                    return Digest(rows).Hex == Digest([.. rows.Reverse()]).Hex && Digest(rows).Hex == parts.Hex;
                }
            );

    [Fact]
    public void Changes_when_a_row_is_lost_or_doubled() =>
        Gen
            .Byte.Array[0, 5]
            .Array[1, 20]
            .Sample(rows => Digest(rows).Hex != Digest(rows[1..]).Hex && Digest(rows).Hex != Digest([.. rows, rows[0]]).Hex);

    [Fact]
    public void Sums_modulo_2_to_the_256()
    {
        var sum = new HashSum();
        var most = Enumerable.Repeat((byte)0xFF, 32).ToArray();
        sum.Add(most);
        sum.Add(most);
        Assert.Equal(new string('f', 63) + "e", sum.ToString());
        sum.Add([.. new byte[31], 3]);
        Assert.Equal(new string('0', 63) + "1", sum.ToString());
    }

    [Fact]
    public void Links_the_same_whatever_the_order_and_the_names_of_persons() =>
        Linked.Sample(rows =>
        {
            var expected = Plain(rows);
            var shuffled = rows.OrderBy(row => (row.Person * 7 + row.Row.Sum(b => b)) % 13).ToArray();
            return Linkage(rows, person => $"{person}") == expected
                && Linkage(shuffled, person => $"person number {person} with a rather long name") == expected
                && Sorted(rows) == expected;
        });

    [Fact]
    public void Links_otherwise_when_a_row_goes_to_the_wrong_person() =>
        Gen.Select(Linked, Gen.Int[0, 199])
            .Sample(
                (rows, at) =>
                {
                    at %= rows.Length;
                    var wrong = rows.ToArray();
                    wrong[at].Person = 99;
                    // Alone with one's row, another name changes nothing.
                    return rows.Count(row => row.Person == rows[at].Person) == 1 || Plain(wrong).Hex != Linkage(rows, p => $"{p}").Hex;
                }
            );

    [Fact]
    public void Refuses_unsorted_persons_where_sorting_is_promised()
    {
        var digest = new SortedLinkageDigest();
        digest.Add("b"u8, "s"u8, new byte[32]);
        Assert.Equal("person-out-of-order", Assert.Throws<ProtocolException>(() => digest.Add("a"u8, "s"u8, new byte[32])).Code);
    }

    private static RowDigest Digest(byte[][] rows)
    {
        var digest = new RowDigest();
        Array.ForEach(rows, row => digest.Add(row));
        return digest;
    }

    private static (string Hex, long Persons) Linkage((int Person, int Source, byte[] Row)[] rows, Func<int, string> name)
    {
        var digest = new LinkageDigest();
        foreach (var (person, source, row) in rows)
        {
            digest.Add(Encoding.UTF8.GetBytes(name(person)), Encoding.UTF8.GetBytes($"s{source}"), SHA256.HashData(row));
        }

        return digest.Compute();
    }

    private static (string Hex, long Persons) Sorted((int Person, int Source, byte[] Row)[] rows)
    {
        var digest = new SortedLinkageDigest();
        foreach (var (person, source, row) in rows.OrderBy(row => row.Person))
        {
            digest.Add(Encoding.UTF8.GetBytes($"{person:00}"), Encoding.UTF8.GetBytes($"s{source}"), SHA256.HashData(row));
        }

        return (digest.Compute(), digest.Persons);
    }

    // The definition, word for word.
    private static (string Hex, long Persons) Plain((int Person, int Source, byte[] Row)[] rows)
    {
        var persons = rows.GroupBy(row => row.Person)
            .Select(person =>
                SHA256.HashData([
                    .. person
                        .Select(row =>
                            SHA256.HashData(
                                Encoding.UTF8.GetBytes($"s{row.Source}\u001f{Convert.ToHexStringLower(SHA256.HashData(row.Row))}")
                            )
                        )
                        .OrderBy(Convert.ToHexStringLower, StringComparer.Ordinal)
                        .SelectMany(hash => hash),
                ])
            )
            .Select(hash => new System.Numerics.BigInteger(hash, isUnsigned: true, isBigEndian: true))
            .ToArray();
        var sum = persons.Aggregate(System.Numerics.BigInteger.Zero, (a, b) => a + b);
        sum %= System.Numerics.BigInteger.One << 256;
        var bytes = sum.ToByteArray(isUnsigned: true, isBigEndian: true);
        return (Convert.ToHexStringLower(bytes).PadLeft(64, '0'), persons.Length);
    }

    private static IEnumerable<(byte[] Person, byte[] Fields)> Rows(JsonElement file)
    {
        using var reader = new RowReader(new MemoryStream(Encoding.UTF8.GetBytes(file.Text("text"))));
        reader.ReadHeader();
        while (reader.Read())
        {
            yield return (reader.Person.ToArray(), reader.Rest.ToArray());
        }
    }
}
