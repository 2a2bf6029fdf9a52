using System.Text;

namespace HealthDataNode.Audit.Heads;

/// <summary>
/// The signed heads, one compact JWS a line, in a file outside the database, so that whoever can rewrite the one cannot
/// unnoticed rewrite both. Keep it on storage that only appends, or copy it away.
/// </summary>
public sealed class HeadFile : IDisposable
{
    private readonly FileStream claim;
    private readonly FileStream file;

    private HeadFile(FileStream claim, FileStream file)
    {
        this.claim = claim;
        this.file = file;
    }

    /// <summary>The file in the service's data directory.</summary>
    public static string PathIn(string directory) => Path.Combine(directory, "heads.ndjson");

    /// <summary>Opens the file for appending, for this process alone; null while another one writes.</summary>
    public static HeadFile? TryOpen(string directory)
    {
        Directory.CreateDirectory(directory);
        FileStream claim;
        try
        {
            claim = new FileStream(Path.Combine(directory, "heads.lock"), FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
        var file = new FileStream(PathIn(directory), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        var heads = new HeadFile(claim, file);
        heads.DropTornLine();
        return heads;
    }

    /// <summary>All whole lines, in order; none if there is no file.</summary>
    public static async Task<IReadOnlyList<string>> ReadAsync(string directory, CancellationToken cancellationToken)
    {
        if (!File.Exists(PathIn(directory)))
        {
            return [];
        }
        await using var file = new FileStream(PathIn(directory), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file, Encoding.UTF8);
        var text = await reader.ReadToEndAsync(cancellationToken);
        // What follows the last line end is still being written.
        return text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>The last line, or null.</summary>
    public string? Last()
    {
        var tail = new byte[Math.Min(file.Length, 64 * 1024)];
        file.Seek(-tail.Length, SeekOrigin.End);
        file.ReadExactly(tail);
        return Encoding.UTF8.GetString(tail).Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault();
    }

    /// <summary>Appends a line and waits until the disk has it.</summary>
    public void Append(string line)
    {
        file.Seek(0, SeekOrigin.End);
        file.Write(Encoding.UTF8.GetBytes(line + "\n"));
        file.Flush(flushToDisk: true);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        file.Dispose();
        claim.Dispose();
    }

    // A crash in the middle of a line leaves a piece of it; it was never counted as written.
    private void DropTornLine()
    {
        var end = file.Length;
        while (end > 0)
        {
            file.Seek(end - 1, SeekOrigin.Begin);
            if (file.ReadByte() == '\n')
            {
                break;
            }
            end--;
        }
        file.SetLength(end);
    }
}
