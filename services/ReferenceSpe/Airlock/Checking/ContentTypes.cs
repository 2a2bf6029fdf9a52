namespace HealthDataNode.ReferenceSpe.Airlock.Checking;

/// <summary>What a file is by its first bytes.</summary>
internal static class ContentTypes
{
    public const string Zip = "zip";
    public const string Gzip = "gzip";

    /// <summary>One of the formats, or something that is never released.</summary>
    private static readonly (string Type, byte[] Magic)[] Known =
    [
        (OutputFormats.Png, [0x89, .. "PNG\r\n\u001a\n"u8]),
        (OutputFormats.Jpeg, [0xFF, 0xD8, 0xFF]),
        ("parquet", [.. "PAR1"u8]),
        (Zip, [.. "PK\u0003\u0004"u8]),
        (Zip, [.. "PK\u0005\u0006"u8]),
        (Gzip, [0x1F, 0x8B]),
        ("bzip2", [.. "BZh"u8]),
        ("xz", [0xFD, .. "7zXZ"u8]),
        ("7z", [.. "7z"u8, 0xBC, 0xAF]),
        ("zstd", [0x28, 0xB5, 0x2F, 0xFD]),
        ("rar", [.. "Rar!"u8]),
        ("pdf", [.. "%PDF"u8]),
        ("sqlite", [.. "SQLite format 3"u8]),
        ("elf", [0x7F, .. "ELF"u8]),
        ("ole", [0xD0, 0xCF, 0x11, 0xE0]),
    ];

    /// <summary>Null where no first bytes are known: text, perhaps.</summary>
    public static string? Of(Stream file)
    {
        Span<byte> head = stackalloc byte[16];
        file.Position = 0;
        var read = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        file.Position = 0;
        foreach (var (type, magic) in Known)
        {
            if (head[..read].StartsWith(magic))
            {
                return type;
            }
        }

        return null;
    }
}
