using HealthDataNode.Protocol;
using HealthDataNode.Protocol.Crypt4Gh;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Rows;
using HealthDataNode.Protocol.Seals;
using HealthDataNode.Protocol.Trust;
using HealthDataNode.Protocol.Uploads;
using HealthDataNode.ReferenceSpe.Registration;
using HealthDataNode.ReferenceSpe.Rooms;
using HealthDataNode.ReferenceSpe.State;
using HealthDataNode.ReferenceSpe.Workspaces;

namespace HealthDataNode.ReferenceSpe.Ingress;

/// <summary>
/// One delivery: parts are checked and opened, pseudonyms undone, rows written, key and parts destroyed, and then the
/// receipt signed. Each step is safe to repeat, and a step is taken only when the one before it is on the disk.
/// </summary>
internal sealed class OpenDelivery(
    EncryptionKeys keys,
    Deliveries deliveries,
    FileUploadStore parts,
    RoomStates rooms,
    Lineages lineages,
    WorkspaceFolders folders
)
{
    public async Task RunAsync(Delivery delivery, CancellationToken cancellationToken)
    {
        // In the room from the first byte to the last: its end waits for us, and finds nothing that we made after it.
        using var turn = await folders.Gate(delivery.Lineage).EnterToWriteAsync(cancellationToken);
        if (rooms.IsOver(delivery.Lineage) || deliveries.Find(delivery.OrderId) is not { IsOver: false })
        {
            return;
        }

        // Its source may have left the permit while it waited.
        if (lineages.PermitsOf(delivery.Lineage) is [.., var newest] && newest.Payload.SourceNamed(delivery.Source) is null)
        {
            Discard(delivery);
            deliveries.Drop(delivery);
            return;
        }

        var folder = Path.Combine(folders.Ingress, delivery.OrderId);
        if (delivery.State == Delivery.Received)
        {
            var announcement = Announcement.Read(folder) ?? throw new FileNotFoundException("The delivery's announcement is gone.");
            var persons = await WriteRowsAsync(delivery, announcement, cancellationToken);
            deliveries.Opened(delivery, persons);
            delivery = deliveries.Find(delivery.OrderId)!;
        }

        if (delivery.State == Delivery.Opened)
        {
            if (Announcement.Read(folder) is { } announcement)
            {
                WriteDocuments(delivery, announcement);
            }

            Discard(delivery);
            deliveries.SignReceipt(delivery);
            delivery = deliveries.Find(delivery.OrderId)!;
        }

        PrivateFile.Write(Path.Combine(folders.Documents(delivery.Lineage, delivery.Source), "receipt.jws"), delivery.Receipt!);
        deliveries.Finish(delivery);
    }

    /// <summary>Destroys the parts and the sealed delivery key.</summary>
    public void Discard(Delivery delivery) => PrivateFolder.Delete(Path.Combine(folders.Ingress, delivery.OrderId));

    private async Task<long> WriteRowsAsync(Delivery delivery, Announcement announcement, CancellationToken cancellationToken)
    {
        var manifest = KeptDocument.Read<Manifest>(announcement.Manifest).Payload;
        var permit = KeptDocument.Read<PermitDocument>(announcement.Permit).Payload;
        var source = permit.SourceNamed(delivery.Source)!;
        using var key = keys.Open(manifest.SpeKeySequence) ?? throw new FileNotFoundException("The encryption key is gone.");
        using var cipher = DeliveryDocuments.Open(announcement, key);
        foreach (var part in manifest.Parts)
        {
            await CheckPartAsync(delivery, part, cancellationToken);
        }

        folders.Create(delivery.Lineage);
        using var table = new SourceTable(
            folders.Database(delivery.Lineage),
            source,
            hasTypedView: permit.SourceNamed(source.Source + SourceTable.TypedSuffix) is null
        );
        table.Begin();
        foreach (var part in manifest.Parts)
        {
            await using var file = parts.OpenRead(KeyOf(delivery, part));
            await using var opened = new Crypt4GhReader(file, key);
            var rows = await new PartRows(source, cipher).CopyAsync(opened, table, cancellationToken);
            if (rows != part.Rows)
            {
                throw new ProtocolException("row-count", "A part has another number of rows than the manifest says.", part.Part);
            }
        }

        return table.Swap(manifest.Rows);
    }

    private async Task CheckPartAsync(Delivery delivery, ManifestPart part, CancellationToken cancellationToken)
    {
        var bytes = await SealedBytes.OfFileAsync(parts.PathOf(KeyOf(delivery, part)), cancellationToken);
        if (bytes.Length != part.Length || bytes.Sha256 != part.Sha256)
        {
            throw new ProtocolException("part-changed", "A part's bytes are not those of the manifest.", part.Part);
        }
    }

    private void WriteDocuments(Delivery delivery, Announcement announcement)
    {
        var folder = PrivateFolder.Create(folders.Documents(delivery.Lineage, delivery.Source));

        // The receipt of what stood here before is not one for this.
        File.Delete(Path.Combine(folder, "receipt.jws"));
        PrivateFile.Write(Path.Combine(folder, "permit.jws"), announcement.Permit);
        PrivateFile.Write(Path.Combine(folder, "order.jws"), announcement.Order);
        PrivateFile.Write(Path.Combine(folder, "manifest.jws"), announcement.Manifest);
    }

    private static UploadKey KeyOf(Delivery delivery, ManifestPart part) => new(delivery.OrderId, SealTypes.Delivery, part.Part);
}
