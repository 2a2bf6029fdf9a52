using System.Buffers.Text;

namespace HealthDataNode.Protocol.Documents;

/// <summary>Base64url without padding (RFC 4648 §5), one text per value: what the framework reads as well,
/// white space, padding and stray bits, is refused, because a document's digest is over the text.</summary>
public static class Base64UrlText
{
    /// <summary>The text of some bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    public static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    /// <summary>The bytes of a text; false where the text is not the one text of any bytes.</summary>
    /// <param name="text">The text.</param>
    /// <param name="bytes">The bytes, or none.</param>
    public static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        if (text.Length % 4 == 1)
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not '-' and not '_')
            {
                return false;
            }
        }

        try
        {
            bytes = Base64Url.DecodeFromChars(text);
        }
        catch (FormatException)
        {
            return false;
        }

        return text.SequenceEqual(Base64Url.EncodeToString(bytes));
    }

    /// <summary>The bytes of a text.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">The text is not base64url without padding.</exception>
    public static byte[] Decode(ReadOnlySpan<char> text) =>
        TryDecode(text, out var bytes) ? bytes : throw new FormatException("Not base64url without padding.");
}
