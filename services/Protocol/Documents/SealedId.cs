using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization.Metadata;

namespace HealthDataNode.Protocol.Documents;

/// <summary>Whose person number somebody has who signs in at an issuer as a <c>sub</c>: sealed to Pseudonymisation,
/// so that nobody on the way reads it, and worth nothing beside another <c>sub</c> (EHDS Article 71).</summary>
public sealed record SealedId : IDocument<SealedId>
{
    private const int LongestBox = 1024;

    /// <inheritdoc/>
    public static string Typ => "sealed-id+jwt";

    /// <inheritdoc/>
    public static JsonTypeInfo<SealedId> Json => DocumentJson.Default.SealedId;

    /// <summary>The issuer of the access tokens that it counts in, as their <c>iss</c> has it.</summary>
    public required string Issuer { get; init; }

    /// <summary>The person at that issuer.</summary>
    public required string Sub { get; init; }

    /// <summary>The 11 digits as Crypt4GH to Pseudonymisation's encryption key, in base64url.</summary>
    public required string Box { get; init; }

    string IDocument<SealedId>.Use => KeyUses.Enrolment;

    string? IDocument<SealedId>.Issuer => Parties.Setup;

    /// <summary>The Crypt4GH file.</summary>
    public byte[] BoxBytes() => Base64UrlText.Decode(Box);

    /// <inheritdoc/>
    public string? Fault() =>
        Rule.Broken(
            (Rule.IsText(Issuer, 200), "issuer is empty or too long"),
            (Rule.IsText(Sub, 200), "sub is empty or too long"),
            (Box is { Length: > 0 and <= LongestBox } && Base64UrlText.TryDecode(Box, out _), "box is not base64url, or too long")
        );
}

/// <summary>What stands for the order in the seal of something that belongs to none.</summary>
public static class SealNames
{
    /// <summary>Of the population register's feed.</summary>
    public static string PopulationFeed { get; } = Of("population-feed");

    /// <summary>Of a lineage's aliases.</summary>
    /// <param name="lineage">The lineage.</param>
    public static string Aliases(string lineage) => Of(lineage);

    private static string Of(string name) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
}
