using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace HealthDataNode.Ledger;

/// <summary>A sum modulo 2^256, big-endian, 64 hex digits: equal whatever the order of what was added.</summary>
internal sealed class DigestSum
{
    private static readonly BigInteger Modulus = BigInteger.One << 256;
    private BigInteger sum;

    public void Add(ReadOnlySpan<byte> hash)
    {
        sum += new BigInteger(hash, isUnsigned: true, isBigEndian: true);
        if (sum >= Modulus)
        {
            sum -= Modulus;
        }
    }

    public override string ToString()
    {
        var bytes = sum.ToByteArray(isUnsigned: true, isBigEndian: true);
        return Convert.ToHexStringLower(bytes).PadLeft(64, '0');
    }
}

/// <summary>SHA-256 of a row's fields without the person column, joined by U+001F.</summary>
internal static class RowHash
{
    public static byte[] Of(IEnumerable<string> fields) => SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\u001f', fields)));

    /// <summary>SHA-256 of <c>source, U+001F, row hash in lower-case hex</c>.</summary>
    public static byte[] Linked(string source, byte[] rowHash) =>
        SHA256.HashData(Encoding.UTF8.GetBytes($"{source}\u001f{Convert.ToHexStringLower(rowHash)}"));
}
