using System.Text.Json.Serialization.Metadata;

namespace HealthDataNode.Protocol.Documents;

/// <summary>Gateway orders one source of a permit from its holder. Holder, columns and budget stand in the permit.</summary>
public sealed record OrderDocument : IDocument<OrderDocument>
{
    /// <inheritdoc/>
    public static string Typ => "order+jwt";

    /// <inheritdoc/>
    public static JsonTypeInfo<OrderDocument> Json => DocumentJson.Default.OrderDocument;

    /// <summary>The order's id, as in paths.</summary>
    public required string Id { get; init; }

    /// <summary>Digest of the permit.</summary>
    public required string Permit { get; init; }

    /// <summary>The permit's lineage.</summary>
    public required string Lineage { get; init; }

    /// <summary>The source.</summary>
    public required string Source { get; init; }

    /// <summary>X25519 public key of this order alone, 32 bytes in base64url.</summary>
    public required string UploadKey { get; init; }

    /// <summary>When the holder should have delivered, Unix seconds (EHDS Article 60(2)).</summary>
    public required long Due { get; init; }

    string IDocument<OrderDocument>.Use => KeyUses.Gateway;

    string? IDocument<OrderDocument>.Issuer => Parties.Gateway;

    /// <summary>The 32 bytes of the upload key.</summary>
    public byte[] UploadKeyBytes() => Base64UrlText.Decode(UploadKey);

    /// <inheritdoc/>
    public string? Fault() =>
        Rule.Broken(
            (Rule.IsId(Id) && Rule.IsId(Lineage), "id or lineage is not an id"),
            (Rule.IsDigest(Permit), "permit is not a digest"),
            (Rule.IsName(Source), "source is not a name"),
            (Rule.Is32Bytes(UploadKey), "uploadKey is not 32 bytes in base64url"),
            (Rule.IsTime(Due), "due is out of range")
        );
}
