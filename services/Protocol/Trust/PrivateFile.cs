using System.Text;

namespace HealthDataNode.Protocol.Trust;

/// <summary>Writes a file whole or not at all, so that a crash in the middle leaves the old one.</summary>
public static class PrivateFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Readable = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Writes a secret with mode 0600, through a file beside it that is synced and then renamed.</summary>
    /// <param name="path">The file; its directory is made (0700) where it is missing.</param>
    /// <param name="bytes">The content.</param>
    public static void Write(string path, ReadOnlySpan<byte> bytes) => Write(path, bytes, OwnerOnly);

    /// <summary>Writes a secret text with mode 0600.</summary>
    /// <param name="path">The file.</param>
    /// <param name="text">The content.</param>
    public static void Write(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text), OwnerOnly);

    /// <summary>Writes a file that everybody may read (0644), in the same way.</summary>
    /// <param name="path">The file.</param>
    /// <param name="text">The content.</param>
    public static void WritePublic(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text), Readable);

    private static void Write(string path, ReadOnlySpan<byte> bytes, UnixFileMode mode)
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (OperatingSystem.IsWindows())
        {
            // No modes there: the folder's own access list has to do it.
            Directory.CreateDirectory(directory);
        }
        else
        {
            Directory.CreateDirectory(directory, OwnerOnly | UnixFileMode.UserExecute);
            options.UnixCreateMode = mode;
        }

        var temporary = Path.Combine(directory, $".{Path.GetFileName(path)}.{Guid.NewGuid():n}");
        try
        {
            using (var stream = new FileStream(temporary, options))
            {
                stream.Write(bytes);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
