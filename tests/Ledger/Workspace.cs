using System.Buffers.Text;
using System.Text.Json;

namespace HealthDataNode.Ledger;

/// <summary>What one room was given: read from the documents that its SPE keeps beside the table.</summary>
internal sealed record Workspace(string Lineage, string Database, IReadOnlyList<Delivery> Deliveries)
{
    public static IReadOnlyList<Workspace> In(DirectoryInfo data)
    {
        var rooms = new DirectoryInfo(Path.Combine(data.FullName, "spe"));
        return rooms.Exists
            ?
            [
                .. rooms
                    .EnumerateDirectories()
                    .Where(room => File.Exists(Path.Combine(room.FullName, "workspace.duckdb")))
                    .OrderBy(room => room.Name, StringComparer.Ordinal)
                    .Select(Read),
            ]
            : [];
    }

    private static Workspace Read(DirectoryInfo room) =>
        new(
            room.Name,
            Path.Combine(room.FullName, "workspace.duckdb"),
            [
                .. new DirectoryInfo(Path.Combine(room.FullName, "deliveries"))
                    .EnumerateDirectories()
                    .OrderBy(source => source.Name, StringComparer.Ordinal)
                    .Select(Delivery.Read),
            ]
        );
}

/// <summary>
/// One source as it was delivered: its permitted columns in order, the opt-out list that its decision took (the number of
/// the last declaration in it), and the rows that the manifest names.
/// </summary>
internal sealed record Delivery(string Source, IReadOnlyList<string> Columns, long OptOutList, long Rows, bool HasReceipt)
{
    public static Delivery Read(DirectoryInfo folder)
    {
        using var permit = Payload(Path.Combine(folder.FullName, "permit.jws"));
        using var manifest = Payload(Path.Combine(folder.FullName, "manifest.jws"));
        var source = permit
            .RootElement.GetProperty("sources")
            .EnumerateArray()
            .Single(candidate => candidate.GetProperty("source").GetString() == folder.Name);
        return new Delivery(
            folder.Name,
            [.. source.GetProperty("columns").EnumerateArray().Select(column => column.GetProperty("name").GetString()!)],
            source.GetProperty("optOut").GetProperty("list").GetInt64(),
            manifest.RootElement.GetProperty("rows").GetInt64(),
            File.Exists(Path.Combine(folder.FullName, "receipt.jws"))
        );
    }

    // Reading, not trusting: whether the signatures hold is the services' business and is tested there.
    private static JsonDocument Payload(string file) =>
        JsonDocument.Parse(Base64Url.DecodeFromChars(File.ReadAllText(file).Trim().Split('.')[1]));
}
