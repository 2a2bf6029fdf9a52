using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace HealthDataNode.Leaks;

/// <summary>
/// Everything that is searched for. Identifiers are looked up as numbers; all else as the 16 bytes that begin at a
/// position, behind a bit map that turns nearly every position away: so a search costs the same however much is wanted.
/// </summary>
internal sealed class Wanted
{
    public const int Window = 16;
    private const ulong Spread = 0x9E3779B97F4A7C15;

    // A row shorter than this is no evidence: others look the same by chance.
    private const int ShortestRow = 20;
    private static readonly string[] Separators = [",", "\u001f", "\t", "|", ";", "\",\"", "\\u001f", "\\x1f"];

    private readonly HashSet<ulong> identifiers = [];
    private readonly List<(ulong Low, ulong High, Kind Kind)> blocks = [];
    private readonly Dictionary<UInt128, List<byte[]>> rows = [];
    private readonly HashSet<int> lengths = [];
    private (ulong Low, ulong High, Kind Kind, bool Used)[] slots = [];
    private ulong[] bits = [];
    private int shift;

    /// <summary>Lengths that identifiers have.</summary>
    public IReadOnlySet<int> Lengths => lengths;

    public int Identifiers => identifiers.Count;
    public int Blocks => blocks.Count;
    public int Rows { get; private set; }

    /// <summary>Adds an identifier; false where it is no number and cannot be searched for.</summary>
    public bool AddIdentifier(string identifier)
    {
        if (identifier.Length is < 8 or > 11 || !identifier.All(char.IsAsciiDigit))
        {
            return false;
        }
        lengths.Add(identifier.Length);
        identifiers.Add(Number(ulong.Parse(identifier, CultureInfo.InvariantCulture), identifier.Length));
        return true;
    }

    /// <summary>Adds values of 16 bytes that stand one behind the other.</summary>
    public void AddBlocks(ReadOnlySpan<byte> values, Kind kind)
    {
        foreach (var value in MemoryMarshal.Cast<byte, UInt128>(values))
        {
            blocks.Add(((ulong)value, (ulong)(value >> 64), kind));
        }
    }

    /// <summary>Adds a row's fields, joined in the ways in which rows are written; false where it is too short to be known again.</summary>
    public bool AddRow(string[] fields)
    {
        if (string.Join(',', fields).Length < ShortestRow)
        {
            return false;
        }
        foreach (var separator in Separators)
        {
            var text = Encoding.UTF8.GetBytes(string.Join(separator, fields));
            var start = MemoryMarshal.Read<UInt128>(text);
            if (!rows.TryGetValue(start, out var sameStart))
            {
                rows[start] = sameStart = [];
            }
            sameStart.Add(text);
        }
        Rows++;
        return true;
    }

    /// <summary>To be called once, when everything is added.</summary>
    public void Freeze()
    {
        var capacity = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(1024, blocks.Count * 2));
        slots = new (ulong, ulong, Kind, bool)[capacity];
        var bitCount = BitOperations.RoundUpToPowerOf2((ulong)Math.Max(1 << 20, (blocks.Count + rows.Count) * 32L));
        bits = new ulong[bitCount / 64];
        shift = 64 - BitOperations.Log2(bitCount);
        foreach (var block in blocks)
        {
            Mark(block.Low);
            for (var slot = Slot(block.Low, block.High); ; slot = (slot + 1) & (slots.Length - 1))
            {
                if (!slots[slot].Used)
                {
                    slots[slot] = (block.Low, block.High, block.Kind, true);
                    break;
                }
            }
        }
        foreach (var row in rows.Keys)
        {
            Mark((ulong)row);
        }
    }

    public bool IsIdentifier(ulong number, int length) => identifiers.Contains(Number(number, length));

    /// <summary>Whether a wanted value may begin with these eight bytes; nearly always no.</summary>
    public bool MayBegin(ulong low)
    {
        var bit = (low * Spread) >> shift;
        return (bits[bit >> 6] & (1UL << (int)(bit & 63))) != 0;
    }

    /// <summary>What begins here, if anything, and how long it is.</summary>
    public Kind? Begins(ReadOnlySpan<byte> text, out int length)
    {
        var start = MemoryMarshal.Read<UInt128>(text);
        var (low, high) = ((ulong)start, (ulong)(start >> 64));
        for (var slot = Slot(low, high); slots[slot].Used; slot = (slot + 1) & (slots.Length - 1))
        {
            if (slots[slot].Low == low && slots[slot].High == high)
            {
                length = Window;
                return slots[slot].Kind;
            }
        }
        if (rows.TryGetValue(start, out var candidates))
        {
            foreach (var row in candidates)
            {
                if (text.StartsWith(row))
                {
                    length = row.Length;
                    return Kind.RowValue;
                }
            }
        }
        length = 0;
        return null;
    }

    /// <summary>Prints counts alone.</summary>
    public override string ToString() => $"{Identifiers} identifiers, {Blocks} tokens, pseudonyms and keys, {Rows} rows";

    // Two numbers of different lengths may have the same value.
    private static ulong Number(ulong value, int length) => value + ((ulong)length * 1_000_000_000_000);

    private int Slot(ulong low, ulong high) => (int)(((low ^ BitOperations.RotateLeft(high, 32)) * Spread) >> 32) & (slots.Length - 1);

    private void Mark(ulong low)
    {
        var bit = (low * Spread) >> shift;
        bits[bit >> 6] |= 1UL << (int)(bit & 63);
    }
}
