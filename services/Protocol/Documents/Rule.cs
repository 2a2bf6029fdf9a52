using System.Text.RegularExpressions;

namespace HealthDataNode.Protocol.Documents;

/// <summary>The forms that values in documents have.</summary>
internal static partial class Rule
{
    /// <summary>Seconds at the end of the year 9999: what a date type can hold.</summary>
    private const long LastSecond = 253_402_300_799;

    public static bool IsDigest(string? text) => text is not null && Digest().IsMatch(text);

    public static bool IsParty(string? text) => text is not null && Party().IsMatch(text);

    public static bool IsName(string? text) => text is not null && Name().IsMatch(text);

    public static bool IsId(string? text) => text is not null && Id().IsMatch(text);

    public static bool IsNonce(string? text) => text is not null && Nonce().IsMatch(text);

    public static bool IsCurrency(string? text) => text is not null && Currency().IsMatch(text);

    public static bool IsText(string? text, int longest) => !string.IsNullOrWhiteSpace(text) && text.Length <= longest;

    public static bool IsTime(long seconds) => seconds is > 0 and <= LastSecond;

    public static bool Is32Bytes(string? text) => Base64UrlText.TryDecode(text, out var bytes) && bytes.Length == 32;

    public static bool IsOneOf(string? text, IReadOnlyList<string> values) => text is not null && values.Contains(text);

    public static bool AreUnique(IEnumerable<string?> values)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return values.All(v => v is not null && seen.Add(v));
    }

    /// <summary>A sum that cannot overflow: the numbers are somebody else's.</summary>
    public static Int128 Total(IEnumerable<long> values) => values.Aggregate(Int128.Zero, (sum, v) => sum + v);

    /// <summary>The sentence of the first rule that does not hold.</summary>
    public static string? Broken(params ReadOnlySpan<(bool Holds, string Sentence)> rules)
    {
        foreach (var (holds, sentence) in rules)
        {
            if (!holds)
            {
                return sentence;
            }
        }

        return null;
    }

    [GeneratedRegex(@"^[0-9a-f]{64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Digest();

    [GeneratedRegex(@"^[a-z][a-z0-9-]{0,39}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Party();

    [GeneratedRegex(@"^[a-z][a-z0-9_]{0,39}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    // Also the name of a file or folder: no slash, and no dot at the start.
    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Id();

    [GeneratedRegex(@"^[A-Z]{3}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Currency();

    [GeneratedRegex(@"^[A-Za-z0-9_-]{16,128}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Nonce();
}
