using System.Buffers.Binary;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.Protocol.Rows;
using HealthDataNode.ReferenceSpe.Ingress;

namespace HealthDataNode.ReferenceSpe.Undoing;

/// <summary>Opened rows as a row file, for whatever an SPE keeps its workspaces in.</summary>
internal sealed class RowFile : IRowSink, IDisposable
{
    private readonly HashSet<UInt128> persons = [];
    private readonly RowWriter writer;

    public RowFile(Stream output, PermitSource source) =>
        writer = new RowWriter(output, [RowFormat.PseudonymColumn, .. source.Columns.Select(column => column.Name)]);

    /// <summary>Distinct permit pseudonyms.</summary>
    public long Persons => persons.Count;

    public void Append(ReadOnlySpan<byte> pseudonym, ReadOnlySpan<byte> fields, ReadOnlySpan<int> lengths)
    {
        persons.Add(BinaryPrimitives.ReadUInt128BigEndian(pseudonym));
        Span<byte> text = stackalloc byte[PseudonymText.Length];
        PseudonymText.Write(pseudonym, text);
        writer.Field(text);
        var at = 0;
        foreach (var length in lengths)
        {
            writer.Field(fields.Slice(at, length));
            at += length;
        }

        writer.EndRow();
    }

    /// <summary>Writes what is buffered.</summary>
    public void End() => writer.Flush();

    public void Dispose() => writer.Dispose();
}
