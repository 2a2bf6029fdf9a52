using HealthDataNode.Protocol.Identifiers;

namespace HealthDataNode.Protocol.Pseudonyms;

/// <summary>
/// The 16 bytes that are encrypted for a person: version 0x01, the 11 ASCII digits, four zero bytes. Decoding checks
/// every byte and the control digits, so a forged token, or one of another order, is found.
/// </summary>
public static class Block
{
    /// <summary>Bytes of a block, a person token and a pseudonym.</summary>
    public const int Size = 16;

    private const byte Version = 0x01;

    /// <summary>Writes the block of an identifier.</summary>
    /// <param name="identifier">A valid identifier.</param>
    /// <param name="block">At least 16 bytes.</param>
    public static void Encode(PersonIdentifier identifier, Span<byte> block)
    {
        block[..Size].Clear();
        block[0] = Version;
        identifier.WriteDigits(block[1..]);
    }

    /// <summary>Reads a block; false when any byte is not as <see cref="Encode"/> writes it.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> block, out PersonIdentifier identifier)
    {
        identifier = default;
        return block.Length == Size
            && block[0] == Version
            && !block[12..].ContainsAnyExcept((byte)0)
            && PersonIdentifier.TryParse(block.Slice(1, PersonIdentifier.Length), out identifier);
    }
}
