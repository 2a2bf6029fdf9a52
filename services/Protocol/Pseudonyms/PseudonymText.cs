namespace HealthDataNode.Protocol.Pseudonyms;

/// <summary>The one text form of a person token or pseudonym: 32 lower-case hex digits.</summary>
public static class PseudonymText
{
    /// <summary>Digits of the text form.</summary>
    public const int Length = 32;

    /// <summary>Writes 16 bytes as 32 ASCII digits.</summary>
    public static void Write(ReadOnlySpan<byte> value, Span<byte> text)
    {
        if (value.Length != Block.Size || !Convert.TryToHexStringLower(value, text, out _))
        {
            throw new ArgumentException("A pseudonym is 16 bytes and its text 32.", nameof(value));
        }
    }

    /// <summary>The text as a string; for the room and tests, never for a log.</summary>
    public static string Format(ReadOnlySpan<byte> value) => Convert.ToHexStringLower(value[..Block.Size]);

    /// <summary>Reads exactly 32 digits of 0-9 and a-f; nothing else, upper case neither.</summary>
    /// <param name="text">ASCII.</param>
    /// <param name="value">At least 16 bytes; undefined when the text is refused.</param>
    public static bool TryRead(ReadOnlySpan<byte> text, Span<byte> value) =>
        text.Length == Length
        && !text.ContainsAnyInRange((byte)'A', (byte)'F')
        && Convert.FromHexString(text, value, out _, out _) == System.Buffers.OperationStatus.Done;
}
