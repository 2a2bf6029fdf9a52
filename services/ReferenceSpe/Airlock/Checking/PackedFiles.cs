using System.IO.Compression;

namespace HealthDataNode.ReferenceSpe.Airlock.Checking;

/// <summary>
/// Looks into packed files (zip, gzip), one in the other, so that what hides in them is found. They are not released
/// all the same: what is to leave leaves file by file. Depth, number and unpacked bytes are limited.
/// </summary>
internal sealed class PackedFiles(AirlockPolicy policy, ByteScan bytes, string scratch, Findings findings)
{
    private long budget = policy.MaximumBytes;
    private int entries = policy.Entries;

    public void Look(Stream file, string name, int depth = 1)
    {
        var content = ContentTypes.Of(file);
        if (content is not (ContentTypes.Zip or ContentTypes.Gzip))
        {
            return;
        }

        findings.Add(Rules.Type, name);
        if (depth > policy.Depth)
        {
            findings.Add(Rules.Size, name);
            return;
        }

        try
        {
            file.Position = 0;
            if (content == ContentTypes.Gzip)
            {
                using var unpacked = new GZipStream(file, CompressionMode.Decompress, leaveOpen: true);
                LookAt(unpacked, $"{name}/content", depth);
                return;
            }

            LookIntoZip(file, name, depth);
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException or NotSupportedException)
        {
            // It cannot be read: said already, and never released.
        }
    }

    private void LookIntoZip(Stream file, string name, int depth)
    {
        using var zip = new ZipArchive(file, ZipArchiveMode.Read, leaveOpen: true);
        var number = 0;
        foreach (var entry in zip.Entries)
        {
            number++;
            if (entries-- <= 0)
            {
                findings.Add(Rules.Size, name);
                return;
            }

            // By its number: a name can be a value.
            var inner = $"{name}/entry {number}";
            bytes.Scan(entry.FullName, inner, findings);
            using var content = entry.Open();
            LookAt(content, inner, depth);
        }
    }

    private void LookAt(Stream content, string name, int depth)
    {
        using var copy = new FileStream(
            Path.Combine(scratch, Path.GetRandomFileName()),
            FileMode.CreateNew,
            FileAccess.ReadWrite,
            FileShare.None,
            64 * 1024,
            FileOptions.DeleteOnClose
        );
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = content.Read(buffer)) > 0)
        {
            budget -= read;
            if (budget < 0)
            {
                findings.Add(Rules.Size, name);
                return;
            }

            copy.Write(buffer, 0, read);
        }

        copy.Position = 0;
        bytes.Scan(copy, name, findings);
        Look(copy, name, depth + 1);
    }
}
