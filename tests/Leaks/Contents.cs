using System.IO.Compression;
using System.Text;
using DuckDB.NET.Data;
using Microsoft.Data.Sqlite;

namespace HealthDataNode.Leaks;

/// <summary>
/// What a file holds, as streams to read: the file itself, and where its format hides text (compressed columns, pages
/// that cut a value in two) what a reader of that format gives.
/// </summary>
internal static class Contents
{
    /// <summary>Deepest archive in an archive that is opened.</summary>
    private const int Archives = 3;

    /// <summary>Hands each stream with a word for what it is; the first one, the file itself, has none.</summary>
    public static void ForEach(FileInfo file, string scratch, Action<Stream, string> use)
    {
        file.Refresh();
        if (file.Exists && file.Length == 0)
        {
            // Sockets and pipes too, which nothing could be read from.
            return;
        }
        // Whoever writes it may go on meanwhile.
        using var stream = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Span<byte> start = stackalloc byte[16];
        start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        stream.Position = 0;
        use(stream, "");
        if (start.Length < 16)
        {
            return;
        }
        if (start[8..].StartsWith("DUCK"u8))
        {
            Tables(file, scratch, use);
        }
        else if (start.StartsWith("PAR1"u8))
        {
            using var duck = Duck();
            Rows(duck, $"SELECT * FROM read_parquet('{Quoted(file.FullName)}')", "its rows", use);
        }
        else if (start.StartsWith("SQLite format 3\0"u8))
        {
            Sqlite(file, scratch, use);
        }
        else
        {
            stream.Position = 0;
            Open(stream, start, Archives, use);
        }
    }

    private static void Open(Stream stream, ReadOnlySpan<byte> start, int deeper, Action<Stream, string> use)
    {
        if (deeper > 0 && start.StartsWith("PK\u0003\u0004"u8))
        {
            using var zip = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
            foreach (var entry in zip.Entries)
            {
                using var content = entry.Open();
                Unpacked(content, deeper, use);
            }
        }
        else if (deeper > 0 && start.StartsWith(new byte[] { 0x1f, 0x8b, 8 }))
        {
            using var content = new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true);
            Unpacked(content, deeper, use);
        }
    }

    private static void Unpacked(Stream content, int deeper, Action<Stream, string> use)
    {
        using var whole = new MemoryStream();
        content.CopyTo(whole);
        whole.Position = 0;
        use(whole, "unpacked");
        whole.Position = 0;
        Open(whole, whole.GetBuffer().AsSpan(0, (int)Math.Min(16, whole.Length)), deeper - 1, use);
    }

    private static void Tables(FileInfo file, string scratch, Action<Stream, string> use)
    {
        // A copy: an SPE may have the file open, and opening it here must not change it.
        var copy = Copy(file, scratch, ".wal");
        using var duck = Duck();
        Execute(duck, $"ATTACH '{Quoted(copy)}' AS opened");
        foreach (
            var table in Names(
                duck,
                "SELECT format('\"{}\".\"{}\"', schema_name, table_name) FROM duckdb_tables() WHERE database_name = 'opened'"
            )
        )
        {
            Rows(duck, $"SELECT * FROM opened.{table}", "its rows", use);
        }
        Execute(duck, "DETACH opened");
        Delete(copy);
    }

    private static void Sqlite(FileInfo file, string scratch, Action<Stream, string> use)
    {
        var copy = Copy(file, scratch, "-wal");
        using (var connection = new SqliteConnection($"Data Source={copy};Pooling=False"))
        {
            connection.Open();
            var tables = new List<string>();
            using (var list = connection.CreateCommand())
            {
                list.CommandText = "SELECT name FROM sqlite_master WHERE type = 'table'";
                using var names = list.ExecuteReader();
                while (names.Read())
                {
                    tables.Add(names.GetString(0));
                }
            }
            foreach (var table in tables)
            {
                using var command = connection.CreateCommand();
#pragma warning disable CA2100 // a table's own name, quoted
                command.CommandText = $"SELECT * FROM \"{table.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
#pragma warning restore CA2100
                using var reader = command.ExecuteReader();
                using var stream = new Lines(reader);
                use(stream, "its rows");
            }
        }
        Delete(copy);
    }

    private static string Copy(FileInfo file, string scratch, string log)
    {
        Directory.CreateDirectory(scratch);
        var copy = Path.Combine(scratch, Guid.NewGuid().ToString("n"));
        file.CopyTo(copy);
        if (File.Exists(file.FullName + log))
        {
            File.Copy(file.FullName + log, copy + log);
        }
        return copy;
    }

    private static void Delete(string copy)
    {
        foreach (var left in Directory.EnumerateFiles(Path.GetDirectoryName(copy)!, Path.GetFileName(copy) + "*"))
        {
            File.Delete(left);
        }
    }

    private static DuckDBConnection Duck()
    {
        var connection = new DuckDBConnection("Data Source=:memory:");
        connection.Open();
        Execute(connection, "SET memory_limit = '512MB'; SET threads = 1");
        return connection;
    }

    private static void Rows(DuckDBConnection duck, string sql, string what, Action<Stream, string> use)
    {
        using var command = duck.CreateCommand();
        command.CommandText = sql;
        command.UseStreamingMode = true;
        using var reader = command.ExecuteReader();
        using var stream = new Lines(reader);
        use(stream, what);
    }

    private static List<string> Names(DuckDBConnection duck, string sql)
    {
        using var command = duck.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var names = new List<string>();
        while (reader.Read())
        {
            names.Add(reader.GetString(0));
        }
        return names;
    }

    private static void Execute(DuckDBConnection duck, string sql)
    {
        using var command = duck.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static string Quoted(string path) => path.Replace("'", "''", StringComparison.Ordinal);

    /// <summary>A reader's rows as lines of text, fields joined by commas, blobs in hex, without holding more than one.</summary>
    private sealed class Lines(System.Data.Common.DbDataReader reader) : Stream
    {
        private byte[] line = [];
        private int taken;

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> target)
        {
            var given = 0;
            while (given < target.Length)
            {
                if (taken == line.Length)
                {
                    if (!reader.Read())
                    {
                        break;
                    }
                    (line, taken) = (Next(), 0);
                }
                var some = Math.Min(line.Length - taken, target.Length - given);
                line.AsSpan(taken, some).CopyTo(target[given..]);
                (taken, given) = (taken + some, given + some);
            }
            return given;
        }

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        private byte[] Next()
        {
            var text = new StringBuilder();
            for (var column = 0; column < reader.FieldCount; column++)
            {
                var value = reader.IsDBNull(column) ? null : reader.GetValue(column);
                text.Append(
                    value switch
                    {
                        null => "",
                        byte[] bytes => Convert.ToHexStringLower(bytes),
                        Stream blob => Hex(blob),
                        IFormattable formattable => formattable.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
                        _ => value.ToString(),
                    }
                );
                text.Append(column == reader.FieldCount - 1 ? '\n' : ',');
            }
            return Encoding.UTF8.GetBytes(text.ToString());
        }

        private static string Hex(Stream blob)
        {
            using var whole = new MemoryStream();
            blob.CopyTo(whole);
            return Convert.ToHexStringLower(whole.GetBuffer().AsSpan(0, (int)whole.Length));
        }
    }
}
