using System.Numerics;
using DuckDB.NET.Data;
using Parquet;
using Parquet.Data;
using Parquet.Schema;

namespace HealthDataNode.ReferenceSpe.Sandboxed;

/// <summary>One column of a result: its field in the file, and the values of the current group.</summary>
internal abstract class ResultColumn(DataField field, bool isKnown)
{
    public DataField Field { get; } = field;

    /// <summary>Whether the file has a type for it; else it is to be cast to text first.</summary>
    public bool IsKnown { get; } = isKnown;

    public abstract void Take(DuckDBDataReader reader, int ordinal);

    public abstract Task WriteAsync(ParquetRowGroupWriter group);

    /// <summary>The columns of a result; names as in <paramref name="named"/> where the query was wrapped.</summary>
    public static IReadOnlyList<ResultColumn> Of(DuckDBDataReader reader, IReadOnlyList<ResultColumn>? named = null)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        return
        [
            .. Enumerable
                .Range(0, reader.FieldCount)
                .Select(i => Of(reader.GetDataTypeName(i), named?[i].Field.Name ?? Unique(reader.GetName(i), names))),
        ];
    }

    private static ResultColumn Of(string type, string name) =>
        type switch
        {
            "TinyInt" or "SmallInt" or "Integer" or "BigInt" or "UnsignedTinyInt" or "UnsignedSmallInt" or "UnsignedInteger" =>
                new Values<long>(new DataField<long>(name, true), (reader, i) => Convert.ToInt64(reader.GetValue(i), null)),
            "Float" or "Double" => new Values<double>(
                new DataField<double>(name, true),
                (reader, i) => Convert.ToDouble(reader.GetValue(i), null)
            ),
            "Boolean" => new Values<bool>(new DataField<bool>(name, true), (reader, i) => reader.GetBoolean(i)),
            "Date" => new Values<DateOnly>(new DataField<DateOnly>(name, true), (reader, i) => reader.GetFieldValue<DateOnly>(i)),
            "HugeInt" => new Values<BigDecimal>(
                new BigDecimalDataField(name, 38, 0, isNullable: true),
                (reader, i) => Whole(reader.GetFieldValue<BigInteger>(i))
            ),
            _ => new Texts(name, type == "Varchar"),
        };

    private static BigDecimal Whole(BigInteger value) =>
        BigInteger.Abs(value) < BigInteger.Pow(10, 38)
            ? new BigDecimal(value, 38, 0)
            : throw new OverflowException("A whole number has more than 38 digits.");

    private static string Unique(string name, HashSet<string> names)
    {
        var unique = name.Length == 0 ? "column" : name;
        for (var n = 1; !names.Add(unique); n++)
        {
            unique = $"{name}_{n}";
        }

        return unique;
    }

    private sealed class Values<T>(DataField field, Func<DuckDBDataReader, int, T> read) : ResultColumn(field, true)
        where T : struct
    {
        private readonly List<T?> values = [];

        public override void Take(DuckDBDataReader reader, int ordinal) =>
            values.Add(reader.IsDBNull(ordinal) ? null : read(reader, ordinal));

        public override async Task WriteAsync(ParquetRowGroupWriter group)
        {
            await group.WriteAsync<T>(Field, values.ToArray());
            values.Clear();
        }
    }

    private sealed class Texts(string name, bool isKnown) : ResultColumn(new DataField(name, typeof(string), true), isKnown)
    {
        private readonly List<string> values = [];

        public override void Take(DuckDBDataReader reader, int ordinal) =>
            values.Add(reader.IsDBNull(ordinal) ? null! : reader.GetString(ordinal));

        public override async Task WriteAsync(ParquetRowGroupWriter group)
        {
            await group.WriteAsync(Field, values.ToArray());
            values.Clear();
        }
    }
}
