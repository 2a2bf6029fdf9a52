namespace HealthDataNode.Catalogue.Rdf;

/// <summary>IRIs that may be written between angle brackets in Turtle.</summary>
public static class Iri
{
    private const int Longest = 2000;
    private static readonly string[] Schemes = ["http", "https", "urn", "mailto"];

    /// <summary>Absolute, of a known scheme, and without any character that Turtle's IRIREF forbids.</summary>
    public static bool IsValid(string? text) =>
        text is { Length: > 0 and <= Longest }
        && text.All(IsAllowed)
        && Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && Schemes.Contains(uri.Scheme)
        && text.StartsWith(uri.Scheme + ":", StringComparison.OrdinalIgnoreCase)
        && (uri.Scheme is not ("http" or "https") || (uri.Host.Length > 0 && uri.UserInfo.Length == 0));

    /// <summary>An address that a browser opens.</summary>
    public static bool IsWeb(string? text) =>
        IsValid(text) && (text!.StartsWith("https://", StringComparison.Ordinal) || text.StartsWith("http://", StringComparison.Ordinal));

    // Turtle 6.5: IRIREF ::= '<' ([^#x00-#x20<>"{}|^`\] | UCHAR)* '>'; C1 controls and surrogates are no IRI characters.
    private static bool IsAllowed(char character) =>
        character > ' '
        && character is not ('<' or '>' or '"' or '{' or '}' or '|' or '^' or '`' or '\\')
        && !char.IsControl(character)
        && !char.IsSurrogate(character);
}
