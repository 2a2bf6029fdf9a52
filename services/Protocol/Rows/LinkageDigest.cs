using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace HealthDataNode.Protocol.Rows;

/// <summary>
/// Linkage digest: per person the SHA-256 over the sorted SHA-256s of <c>source id, U+001F, row hash in lower-case
/// hex</c> of all that person's rows from all sources; the sum of those modulo 2^256. A row attached to the wrong
/// person changes it; names of persons do not, so identifiers and pseudonyms give the same. Rows come in any order;
/// 48 bytes are kept a row. <see cref="SortedLinkageDigest"/> keeps one person.
/// </summary>
public sealed class LinkageDigest
{
    private readonly List<Entry> entries = [];
    private readonly List<byte> lastPerson = [];
    private UInt128 lastKey;

    /// <summary>Rows added.</summary>
    public long Rows => entries.Count;

    /// <summary>Adds a row.</summary>
    /// <param name="person">Whatever names the person, the same bytes for all rows of one.</param>
    /// <param name="source">The source's id, UTF-8.</param>
    /// <param name="rowHash">From <see cref="RowDigest.Add(ReadOnlySpan{byte}, Span{byte})"/>, 32 bytes.</param>
    public void Add(ReadOnlySpan<byte> person, ReadOnlySpan<byte> source, ReadOnlySpan<byte> rowHash)
    {
        Span<byte> hash = stackalloc byte[RowDigest.HashSize];
        if (entries.Count == 0 || !person.SequenceEqual(CollectionsMarshal.AsSpan(lastPerson)))
        {
            // Half a SHA-256 tells persons apart and takes 16 bytes whatever names them.
            SHA256.HashData(person, hash);
            lastKey = BinaryPrimitives.ReadUInt128BigEndian(hash);
            lastPerson.Clear();
            lastPerson.AddRange(person);
        }

        PersonHash.OfRow(source, rowHash, hash);
        entries.Add(new(lastKey, BinaryPrimitives.ReadUInt128BigEndian(hash), BinaryPrimitives.ReadUInt128BigEndian(hash[16..])));
    }

    /// <summary>The digest over the rows so far, 64 lower-case hex digits, and the number of persons.</summary>
    public (string Hex, long Persons) Compute()
    {
        var rows = CollectionsMarshal.AsSpan(entries);
        rows.Sort(static (a, b) => a.CompareTo(b));
        var sum = new HashSum();
        var persons = 0L;
        Span<byte> hash = stackalloc byte[RowDigest.HashSize];
        using var person = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var i = 0; i < rows.Length; i++)
        {
            BinaryPrimitives.WriteUInt128BigEndian(hash, rows[i].High);
            BinaryPrimitives.WriteUInt128BigEndian(hash[16..], rows[i].Low);
            person.AppendData(hash);
            if (i + 1 == rows.Length || rows[i + 1].Person != rows[i].Person)
            {
                person.GetHashAndReset(hash);
                sum.Add(hash);
                persons++;
            }
        }

        return (sum.ToString(), persons);
    }

    private readonly record struct Entry(UInt128 Person, UInt128 High, UInt128 Low) : IComparable<Entry>
    {
        public int CompareTo(Entry other)
        {
            var order = Person.CompareTo(other.Person);
            order = order != 0 ? order : High.CompareTo(other.High);
            return order != 0 ? order : Low.CompareTo(other.Low);
        }
    }
}

/// <summary>As <see cref="LinkageDigest"/>, for rows sorted by person: memory for one person's rows.</summary>
public sealed class SortedLinkageDigest
{
    private readonly List<byte> person = [];
    private readonly List<byte[]> hashes = [];
    private HashSum sum;

    /// <summary>Persons begun.</summary>
    public long Persons { get; private set; }

    /// <summary>Adds a row of the current or a later person.</summary>
    /// <param name="person">Names the person; ascending by bytes.</param>
    /// <param name="source">The source's id, UTF-8.</param>
    /// <param name="rowHash">32 bytes.</param>
    /// <exception cref="ProtocolException"><c>person-out-of-order</c>.</exception>
    public void Add(ReadOnlySpan<byte> person, ReadOnlySpan<byte> source, ReadOnlySpan<byte> rowHash)
    {
        var order = hashes.Count == 0 ? 1 : person.SequenceCompareTo(CollectionsMarshal.AsSpan(this.person));
        if (order < 0)
        {
            throw new ProtocolException("person-out-of-order", "Rows are not sorted by person.");
        }

        if (order > 0)
        {
            Fold(ref sum);
            hashes.Clear();
            this.person.Clear();
            this.person.AddRange(person);
            Persons++;
        }

        var hash = new byte[RowDigest.HashSize];
        PersonHash.OfRow(source, rowHash, hash);
        hashes.Add(hash);
    }

    /// <summary>The digest over the rows so far, 64 lower-case hex digits.</summary>
    public string Compute()
    {
        var total = sum;
        Fold(ref total);
        return total.ToString();
    }

    private void Fold(ref HashSum total)
    {
        if (hashes.Count == 0)
        {
            return;
        }

        hashes.Sort(static (a, b) => a.AsSpan().SequenceCompareTo(b));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hashes.ForEach(hash.AppendData);
        total.Add(hash.GetHashAndReset());
    }
}

internal static class PersonHash
{
    /// <summary>SHA-256 of <c>source id, U+001F, row hash in lower-case hex</c>.</summary>
    public static void OfRow(ReadOnlySpan<byte> source, ReadOnlySpan<byte> rowHash, Span<byte> hash)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(source.Length, 256);
        Span<byte> text = stackalloc byte[256 + 1 + 2 * RowDigest.HashSize];
        source.CopyTo(text);
        text[source.Length] = RowFormat.Separator;
        Convert.TryToHexStringLower(rowHash, text[(source.Length + 1)..], out var written);
        SHA256.HashData(text[..(source.Length + 1 + written)], hash);
    }
}
