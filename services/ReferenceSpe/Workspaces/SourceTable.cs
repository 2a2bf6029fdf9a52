using System.Globalization;
using System.Text;
using DuckDB.NET.Data;
using HealthDataNode.Protocol;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Protocol.Rows;
using HealthDataNode.ReferenceSpe.Ingress;

namespace HealthDataNode.ReferenceSpe.Workspaces;

/// <summary>
/// A source's table in a workspace, all text as it came (the empty field is NULL), and beside it a view with the
/// permit's types. All of it happens in one transaction: nobody sees half a delivery, after a crash neither.
/// </summary>
internal sealed class SourceTable : IRowSink, IDisposable
{
    /// <summary>What the typed view's name ends in.</summary>
    public const string TypedSuffix = "_typed";

    // DuckDB's appender keeps some 200,000 rows before it writes, of whatever size, beside the limit below.
    private const int AppendedRows = 8192;

    private readonly DuckDBConnection connection;
    private readonly PermitSource source;
    private readonly bool hasTypedView;
    private DuckDBAppender? appender;
    private int appended;

    /// <summary>Opens the workspace for writing, or makes it; it is open to nobody else until this is disposed.</summary>
    public SourceTable(string database, PermitSource source, bool hasTypedView)
    {
        this.source = source;
        this.hasTypedView = hasTypedView;
        connection = WorkspaceFile.OpenToWrite(database);

        // What it needs goes with the columns that it writes at once; the rows go to the disk.
        Execute(string.Create(CultureInfo.InvariantCulture, $"SET memory_limit = '{24 + (2 * source.Columns.Count)}MB'"));
    }

    private string Incoming => $"__incoming_{source.Source}";

    /// <summary>An empty table to write to.</summary>
    public void Begin()
    {
        Execute("BEGIN TRANSACTION");
        var columns = source.Columns.Select(column => column.Name).Prepend(RowFormat.PseudonymColumn);
        Execute($"CREATE TABLE {Quote(Incoming)} ({string.Join(", ", columns.Select(name => $"{Quote(name)} VARCHAR"))})");
    }

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<byte> pseudonym, ReadOnlySpan<byte> fields, ReadOnlySpan<int> lengths)
    {
        if (appended++ % AppendedRows == 0)
        {
            Flush();
            appender = connection.CreateAppender(Incoming);
        }

        var row = appender!.CreateRow();
        row.AppendValue(PseudonymText.Format(pseudonym));
        var at = 0;
        foreach (var length in lengths)
        {
            if (length == 0)
            {
                row.AppendNullValue();
            }
            else
            {
                row.AppendValue(Encoding.UTF8.GetString(fields.Slice(at, length)));
            }

            at += length;
        }

        row.EndRow();
    }

    /// <summary>Puts what was written in the table's place; how many persons there are.</summary>
    /// <exception cref="ProtocolException"><c>row-count</c>: nothing has changed.</exception>
    public long Swap(long rows)
    {
        Flush();
        Execute($"DROP TABLE IF EXISTS {Quote(source.Source)}");
        Execute($"ALTER TABLE {Quote(Incoming)} RENAME TO {Quote(source.Source)}");
        if (hasTypedView)
        {
            var columns = source.Columns.Select(Typed).Prepend(Quote(RowFormat.PseudonymColumn));
            Execute(
                $"CREATE OR REPLACE VIEW {Quote(source.Source + TypedSuffix)} AS SELECT {string.Join(", ", columns)} FROM {Quote(source.Source)}"
            );
        }

        if (Count("count(*)") != rows)
        {
            Execute("ROLLBACK");
            throw new ProtocolException("row-count", "The table has another number of rows than the manifest says.");
        }

        // It comes under the pseudonyms of the lineage's first history.
        Aliases.ApplyAll(connection, source.Source);
        var pseudonym = Quote(RowFormat.PseudonymColumn);
        var persons = PseudonymRanges.Of(pseudonym, rows).Sum(range => Count($"count(DISTINCT {pseudonym})", range));
        Execute("COMMIT");

        // Jobs are given this one file: nothing may be left in a log beside it.
        Execute("FORCE CHECKPOINT");
        return persons;
    }

    public void Dispose()
    {
        appender?.Dispose();
        connection.Dispose();
    }

    private static string Typed(PermitColumn column)
    {
        var type = ColumnTypes.Parse(column.Type) switch
        {
            ColumnType.Integer => "BIGINT",
            ColumnType.Decimal => "DOUBLE",
            ColumnType.Date => "DATE",
            ColumnType.Boolean => "BOOLEAN",
            _ => null,
        };
        var name = Quote(column.Name);
        return type is null ? name : $"TRY_CAST({name} AS {type}) AS {name}";
    }

    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private void Flush()
    {
        appender?.Close();
        appender?.Dispose();
        appender = null;
    }

    private long Count(string counted, string where = "true")
    {
        using var command = Command($"SELECT {counted} FROM {Quote(source.Source)} WHERE {where}");
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    private void Execute(string sql)
    {
        using var command = Command(sql);
        command.ExecuteNonQuery();
    }

    // Names are of the form that the permit's verification insists on, and quoted besides.
#pragma warning disable CA2100
    private DuckDBCommand Command(string sql)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        return command;
    }
#pragma warning restore CA2100
}
