using HealthDataNode.ReferenceHolder.State;

namespace HealthDataNode.ReferenceHolder.Orders;

/// <summary>Everything made for one order lies in one folder, which goes when the order is done: tokens are forgotten.</summary>
internal sealed class WorkFolder(HolderOptions options, HolderOrder order)
{
    public string Path { get; } = System.IO.Path.Combine(options.Directory, "orders", order.Id);

    public string Rows => File("rows.duckdb");

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <param name="columns">How many columns of it are used at once.</param>
    public RowStore OpenRows(int columns) => new(Rows, File("spill"), columns);

    public void Create() => Directory.CreateDirectory(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    public void Delete()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
