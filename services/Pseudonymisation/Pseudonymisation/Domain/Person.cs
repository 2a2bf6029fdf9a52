using System.Buffers.Binary;
using HealthDataNode.Protocol.Pseudonyms;

namespace HealthDataNode.Pseudonymisation.Domain;

/// <summary>A person as the registers have it, 16 bytes under the register key, as a number to compare and look up by.</summary>
internal static class Person
{
    public static UInt128 Of(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt128BigEndian(bytes);

    public static byte[] Bytes(UInt128 person)
    {
        var bytes = new byte[Block.Size];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, person);
        return bytes;
    }
}
