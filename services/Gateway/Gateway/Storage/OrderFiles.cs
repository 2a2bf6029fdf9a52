using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Uploads;

namespace HealthDataNode.Gateway.Storage;

/// <summary>
/// Where Crypt4GH files lie under <c>Data:Directory</c>: <c>orders/ID/rows-N.c4gh</c> as the holder sent them,
/// <c>orders/ID/delivery/N.c4gh</c> as the SPE gets them. Nothing else of a delivery is ever on disk.
/// </summary>
internal sealed class OrderFiles
{
    private readonly string root;

    public OrderFiles(IConfiguration configuration)
    {
        root = Path.Combine(
            configuration["Data:Directory"] ?? throw new InvalidOperationException("Data__Directory is not set."),
            "orders"
        );
        Uploads = new FileUploadStore(root);
    }

    /// <summary>What holders send.</summary>
    public FileUploadStore Uploads { get; }

    /// <summary>What the holder sent as this part.</summary>
    public string Part(string order, int part) => Uploads.PathOf(new UploadKey(order, SealTypes.Rows, part));

    /// <summary>What the SPE gets as this part.</summary>
    public string Delivery(string order, int part) => Path.Combine(root, order, "delivery", $"{part}.c4gh");

    /// <summary>The same while it is being made; the folder is there afterwards.</summary>
    public string Making(string order, int part)
    {
        var path = Delivery(order, part) + ".making";
        // Inside the order's own folder, which the first upload made for the owner alone (0700).
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }

    /// <summary>Deletes all files of an order; safe to repeat.</summary>
    public void Delete(string order)
    {
        if (Directory.Exists(Path.Combine(root, order)))
        {
            Directory.Delete(Path.Combine(root, order), recursive: true);
        }
    }
}
