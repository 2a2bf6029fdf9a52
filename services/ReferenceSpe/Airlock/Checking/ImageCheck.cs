using System.Buffers.Binary;
using System.Text;

namespace HealthDataNode.ReferenceSpe.Airlock.Checking;

/// <summary>
/// An image of pixels and nothing else: comments, EXIF, profiles, unknown parts and bytes behind its end are refused,
/// whatever they say. What the pixels show, the output checkers see.
/// </summary>
internal static class ImageCheck
{
    // The longest that each part of a PNG may be. All but the pixels' stand there once, so that nothing adds up.
    private static readonly Dictionary<string, uint> OfPixels = new()
    {
        ["IHDR"] = 13,
        ["PLTE"] = 768,
        ["IDAT"] = uint.MaxValue,
        ["IEND"] = 0,
        ["tRNS"] = 256,
        ["gAMA"] = 4,
        ["cHRM"] = 32,
        ["sRGB"] = 1,
        ["sBIT"] = 4,
        ["bKGD"] = 6,
        ["pHYs"] = 9,
    };

    private const int LongestJfif = 16;

    // A picture's tables of quantities and codes fit into it several times.
    private const int LongestTables = 8 * 1024;

    public static void Png(Stream file, string name, Findings findings)
    {
        file.Position = 8;
        Span<byte> head = stackalloc byte[8];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (true)
        {
            var at = file.Position;
            if (file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length)
            {
                findings.Add(Rules.Type, name, $"byte {at}");
                return;
            }

            var length = BinaryPrimitives.ReadUInt32BigEndian(head);
            var type = Encoding.Latin1.GetString(head[4..]);
            if (file.Position + length + 4 > file.Length)
            {
                findings.Add(Rules.Type, name, $"byte {at}");
                return;
            }

            if (!OfPixels.TryGetValue(type, out var longest) || length > longest || (!seen.Add(type) && type != "IDAT"))
            {
                findings.Add(Rules.Metadata, name, $"byte {at}");
            }

            file.Position += length + 4;
            if (type == "IEND")
            {
                RefuseRest(file, name, findings);
                return;
            }
        }
    }

    public static void Jpeg(Stream file, string name, Findings findings)
    {
        file.Position = 2;
        var tables = 0;
        while (true)
        {
            var at = file.Position;
            if (file.ReadByte() != 0xFF || file.ReadByte() is not (>= 0xC0 and < 0xFF and var marker))
            {
                findings.Add(Rules.Type, name, $"byte {at}");
                return;
            }

            if (marker == 0xD9)
            {
                RefuseRest(file, name, findings);
                return;
            }

            var length = (file.ReadByte() << 8) | file.ReadByte();
            if (length < 2 || file.Position + length - 2 > file.Length)
            {
                findings.Add(Rules.Type, name, $"byte {at}");
                return;
            }

            // Frame, tables, scan; of the application's own parts only the short ones of JFIF and Adobe.
            if (!(marker is (>= 0xC0 and <= 0xC4) or 0xDA or 0xDB or 0xDD || (marker is 0xE0 or 0xEE && length <= LongestJfif)))
            {
                findings.Add(Rules.Metadata, name, $"byte {at}");
            }

            tables += length;
            if (tables > LongestTables)
            {
                findings.Add(Rules.Metadata, name, $"byte {at}");
                return;
            }

            file.Position += length - 2;
            if (marker == 0xDA)
            {
                SkipScan(file);
            }
        }
    }

    // A scan's data goes on to the next marker; FF 00 and restarts belong to it.
    private static void SkipScan(Stream file)
    {
        var buffered = new byte[64 * 1024];
        var afterFf = false;
        int read;
        while ((read = file.Read(buffered)) > 0)
        {
            for (var i = 0; i < read; i++)
            {
                if (afterFf && buffered[i] is not (0 or 0xFF or (>= 0xD0 and <= 0xD7)))
                {
                    file.Position += i - read - 1;
                    return;
                }

                afterFf = buffered[i] == 0xFF;
            }
        }
    }

    private static void RefuseRest(Stream file, string name, Findings findings)
    {
        if (file.Position < file.Length)
        {
            findings.Add(Rules.Metadata, name, $"byte {file.Position}");
        }
    }
}
