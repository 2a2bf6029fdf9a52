using DuckDB.NET.Data;
using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Rows;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.ReferenceHolder.Orders;
using HealthDataNode.ReferenceHolder.State;

namespace HealthDataNode.ReferenceHolder.Steps;

/// <summary>
/// Puts tokens in the identifiers' place and writes the rows, sorted by token, as Crypt4GH to the order's own key, in
/// parts that end between persons; then the closing document. Nothing is sent before all of it lies ready.
/// </summary>
public sealed class BuildParts(OrderBook book, OrderDocuments documents, HolderOptions options, SealBuilder sealing, DocumentSigner signer)
{
    public void Run(HolderOrder order)
    {
        var folder = new WorkFolder(options, order);
        foreach (var half in Directory.EnumerateFiles(folder.Path, "rows-*"))
        {
            File.Delete(half);
        }
        var verified = documents.Of(order);
        var columns = verified.Source.Columns.Select(column => column.Name).ToArray();
        var recipient = verified.Order.Payload.UploadKeyBytes();
        var parts = new List<ClosingPart>();
        var persons = 0L;
        using (var store = folder.OpenRows(columns.Length))
        using (var rows = Rows(store, columns).GetEnumerator())
        {
            var more = rows.MoveNext();
            while (more)
            {
                var part = parts.Count + 1;
                (var written, more) = Write(folder, order, part, rows, columns, recipient);
                parts.Add(written.Part);
                persons += written.Persons;
            }
        }
        var closing = signer.Sign(
            new Closing
            {
                Order = order.Digest,
                Parts = parts,
                Rows = parts.Sum(part => part.Rows),
                Persons = persons,
            }
        );
        PrivateFile.Write(folder.File("closing.jws"), closing.Text);
        book.Advance(order with { Stage = Stage.Built, Counts = order.Counts with { Uploaded = closing.Payload.Rows } });
    }

    private static IEnumerable<DuckDBDataReader> Rows(RowStore store, IEnumerable<string> columns)
    {
        var fields = string.Join(", ", columns.Select(RowStore.Name));
        return store.ReadInRanges(
            "token",
            "tokens",
            range => $"SELECT token, {fields} FROM raw JOIN tokens USING (person_id) WHERE code = 0 AND {range} ORDER BY token, line"
        );
    }

    private ((ClosingPart Part, long Persons) Written, bool More) Write(
        WorkFolder folder,
        HolderOrder order,
        int part,
        IEnumerator<DuckDBDataReader> rows,
        string[] columns,
        byte[] recipient
    )
    {
        var path = folder.File($"rows-{part}.c4gh");
        var more = true;
        var (persons, bytes, count) = (0L, 0L, 0L);
        var create = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using var hashing = new HashingStream(new FileStream(path, create));
        using (var crypt = new Crypt4GhWriter(hashing, recipient, leaveOpen: true))
        using (var writer = new RowWriter(crypt, [RowFormat.TokenColumn, .. columns]))
        {
            var person = "";
            while (more)
            {
                var token = rows.Current.GetString(0);
                if (token != person)
                {
                    // A person's rows never straddle parts.
                    if (bytes >= options.PartBytes)
                    {
                        break;
                    }
                    person = token;
                    persons++;
                }
                writer.Field(token);
                bytes += token.Length;
                for (var i = 1; i <= columns.Length; i++)
                {
                    var value = rows.Current.GetString(i);
                    writer.Field(value);
                    bytes += value.Length + 1;
                }
                writer.EndRow();
                count++;
                more = rows.MoveNext();
            }
        }
        var seal = sealing.Build(
            SealTypes.Rows,
            Parties.Gateway,
            order.Digest,
            part,
            count,
            new SealedBytes(hashing.Length, hashing.Sha256Hex)
        );
        PrivateFile.Write(folder.File($"rows-{part}.seal"), seal.Text);
        return ((new ClosingPart(part, count, hashing.Sha256Hex), persons), more);
    }
}
