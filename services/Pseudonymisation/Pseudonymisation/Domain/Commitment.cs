using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace HealthDataNode.Pseudonymisation.Domain;

/// <summary>
/// How a list is fixed without being shown: each declaration's hash covers the one before it, and a permit names the
/// last one's under a salt that only Pseudonymisation knows. Nobody can compare the lists of two permits by it, and
/// nobody here can change a list that a permit names.
/// </summary>
internal static class Commitment
{
    public const int SaltSize = 32;

    /// <summary>Of no declaration.</summary>
    public static byte[] Begin { get; } = new byte[SHA256.HashSizeInBytes];

    /// <summary>SHA-256 over hash before, number (8 bytes, big-endian), Unix microseconds (8), <c>out</c> or <c>in</c>
    /// padded to 4 bytes, person (16).</summary>
    public static byte[] Next(ReadOnlySpan<byte> before, long number, DateTimeOffset at, string choice, ReadOnlySpan<byte> person)
    {
        Span<byte> rest = stackalloc byte[20];
        rest.Clear();
        BinaryPrimitives.WriteInt64BigEndian(rest, number);
        BinaryPrimitives.WriteInt64BigEndian(rest[8..], (at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        Encoding.ASCII.GetBytes(choice, rest[16..]);
        return SHA256.HashData([.. before, .. rest, .. person]);
    }

    /// <summary>SHA-256 over salt, list (8 bytes, big-endian) and the hash of its last declaration; lower-case hex.</summary>
    public static string Of(ReadOnlySpan<byte> salt, long list, ReadOnlySpan<byte> chain)
    {
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(number, list);
        return Convert.ToHexStringLower(SHA256.HashData([.. salt, .. number, .. chain]));
    }
}
