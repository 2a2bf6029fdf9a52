using DuckDB.NET.Data;
using Parquet;
using Parquet.Schema;

namespace HealthDataNode.ReferenceSpe.Sandboxed;

/// <summary>Writes a result as Parquet, a group of rows at a time.</summary>
internal sealed class ResultFile(Room room)
{
    private const int GroupRows = 16_384;

    public async Task WriteAsync(string sql, string path)
    {
        using var command = Streaming(sql);
        using var reader = command.ExecuteReader();
        var columns = ResultColumn.Of(reader);
        if (columns.All(column => column.IsKnown))
        {
            await WriteAsync(reader, columns, path);
            return;
        }

        // Types that a result file does not have are written as DuckDB writes them as text.
        await reader.DisposeAsync();
        var canonical = room.Text("SELECT json_deserialize_sql(json_serialize_sql(?::VARCHAR))", sql);
        var list = columns.Select((column, i) => column.IsKnown ? $"#{i + 1}" : $"CAST(#{i + 1} AS VARCHAR)");
        using var wrapped = Streaming($"SELECT {string.Join(", ", list)} FROM ({canonical})");
        using var texts = wrapped.ExecuteReader();
        await WriteAsync(texts, ResultColumn.Of(texts, columns), path);
    }

    private static async Task WriteAsync(DuckDBDataReader reader, IReadOnlyList<ResultColumn> columns, string path)
    {
        await using var file = File.Create(path);
        await using var writer = await ParquetWriter.CreateAsync(new ParquetSchema(columns.Select(c => c.Field)), file);
        int rows;
        do
        {
            for (rows = 0; rows < GroupRows && reader.Read(); rows++)
            {
                for (var i = 0; i < columns.Count; i++)
                {
                    columns[i].Take(reader, i);
                }
            }

            using var group = writer.CreateRowGroup();
            foreach (var column in columns)
            {
                await column.WriteAsync(group);
            }
        } while (rows == GroupRows);
    }

    private DuckDBCommand Streaming(string sql)
    {
        var command = room.Command(sql);
        command.UseStreamingMode = true;
        return command;
    }
}
