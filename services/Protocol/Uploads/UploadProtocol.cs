using System.Globalization;

namespace HealthDataNode.Protocol.Uploads;

/// <summary>Names and limits of draft-ietf-httpbis-resumable-upload-12, which states interop version 8.</summary>
public static class UploadProtocol
{
    /// <summary>The value of <c>Upload-Draft-Interop-Version</c>.</summary>
    public const string InteropVersion = "8";

    /// <summary>The header that carries the interop version.</summary>
    public const string InteropVersionHeader = "Upload-Draft-Interop-Version";

    /// <summary><c>?1</c> where the request, or the whole upload, is the last of it.</summary>
    public const string CompleteHeader = "Upload-Complete";

    /// <summary>Bytes that are stored for good.</summary>
    public const string OffsetHeader = "Upload-Offset";

    /// <summary>Bytes of the whole.</summary>
    public const string LengthHeader = "Upload-Length";

    /// <summary>The server's limits.</summary>
    public const string LimitHeader = "Upload-Limit";

    /// <summary>Ours: the seal of the part, in the request that creates it.</summary>
    public const string SealHeader = "Seal";

    /// <summary>The media type of appended bytes.</summary>
    public const string PartialMediaType = "application/partial-upload";

    /// <summary>The most bytes that one request may carry.</summary>
    public const long MaximumAppend = 16L << 20;

    internal static string Limits =>
        string.Create(CultureInfo.InvariantCulture, $"max-size={Documents.Seal.MaximumLength}, max-append-size={MaximumAppend}");

    /// <summary>Reads a structured integer (RFC 9651 §3.3.1), not below 0; null for anything else.</summary>
    internal static long? ReadInteger(string? text) =>
        text is { Length: > 0 and <= 15 } && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : null;

    /// <summary>Reads a structured boolean (RFC 9651 §3.3.6); null for anything else.</summary>
    internal static bool? ReadBoolean(string? text) =>
        text switch
        {
            "?1" => true,
            "?0" => false,
            _ => null,
        };

    internal static string Write(bool value) => value ? "?1" : "?0";

    internal static string Write(long value) => value.ToString(CultureInfo.InvariantCulture);
}
