using System.Globalization;
using System.Text.RegularExpressions;

namespace HealthDataNode.Protocol.Uploads;

/// <summary>The last segment of an upload's address: type, part and the beginning of the seal's digest, so that
/// a deleted upload's address is not that of the next one.</summary>
internal static partial class UploadResource
{
    private const int DigestCharacters = 16;

    public static string NameOf(UploadState state) => $"{state.Key.Type}-{state.Key.Part}-{state.SealDigest[..DigestCharacters]}";

    public static UploadKey? KeyOf(string order, string name)
    {
        var match = Form().Match(name);
        if (!match.Success || !int.TryParse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture, out var part))
        {
            return null;
        }

        try
        {
            return new UploadKey(order, match.Groups[1].Value, part);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"^([a-z-]{1,20})-([1-9][0-9]{0,8})-([0-9a-f]{16})\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
