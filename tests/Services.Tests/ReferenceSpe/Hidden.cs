using System.IO.Compression;
using System.Text;

namespace HealthDataNode.Services.Tests.ReferenceSpe;

/// <summary>Files that hide what must not leave.</summary>
internal static class Hidden
{
    public static byte[] File(string what)
    {
        var number = Protocol.Synthetic.Number(0);
        return what switch
        {
            "an identifier in UTF-16" => Encoding.Unicode.GetBytes($"grp,n,mean\n{number},5,1\n"),
            "an identifier in a zip in a zip" => Zip("inner.zip", Zip("t.csv", Encoding.ASCII.GetBytes($"grp,n,mean\n{number},5,1\n"))),
            "an identifier in a split column" => Encoding.ASCII.GetBytes($"grp,n,mean\n{number[..6]},5,{number[6..]}\n"),
            "a comment of an image" =>
            [
                0x89,
                .. "PNG\r\n\u001a\n"u8,
                0,
                0,
                0,
                0,
                .. "IHDR"u8,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                11,
                .. "tEXt"u8,
                .. Encoding.ASCII.GetBytes(number),
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                .. "IEND"u8,
                0,
                0,
                0,
                0,
            ],
            "too large" => new byte[(128 << 20) + 1],
            _ => "grp,n,mean\nall,5,1\n"u8.ToArray(),
        };
    }

    public static byte[] Zip(string name, byte[] content)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        using (var entry = zip.CreateEntry(name).Open())
        {
            entry.Write(content);
        }

        return bytes.ToArray();
    }
}
