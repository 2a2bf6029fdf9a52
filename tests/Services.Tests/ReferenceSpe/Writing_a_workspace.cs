using HealthDataNode.Protocol.Documents;
using HealthDataNode.ReferenceSpe.Workspaces;

namespace HealthDataNode.Services.Tests.ReferenceSpe;

/// <summary>The workspace's file, wherever the environment keeps it.</summary>
public sealed class Writing_a_workspace : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("o'b;x=").FullName;

    private string Database => Path.Combine(folder, "workspace.duckdb");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Writes_changes_and_drops_a_table_in_a_folder_of_any_name()
    {
        foreach (var source in new[] { "cancer", "death" })
        {
            var named = new PermitSource
            {
                Source = source,
                Holder = "holder",
                IdentifierBudget = 1,
                Decision = new("hdab", 1_790_000_000),
                OptOut = new(0, new string('0', 64)),
                Columns = [new("age", "integer")],
            };
            using var table = new SourceTable(Database, named, hasTypedView: true);
            table.Begin();
            table.Append(Consignment.Pseudonym("anna"), "71"u8, [2]);
            Assert.Equal(1, table.Swap(1));
        }

        byte[] pair = [.. Consignment.Pseudonym("anna"), .. Consignment.Pseudonym("berit")];
        Assert.Equal(new Aliases.Taken(1, 1), Aliases.Take(Database, 1, pair, ["cancer", "death"]));
        WorkspaceFile.Without(Database, ["cancer"]);
        Assert.Equal(["workspace.duckdb"], Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName));
        Assert.Equal(new Aliases.Taken(1, 1), Aliases.Take(Database, 1, pair, ["death"]));
    }

    [Fact]
    public void Leaves_nothing_of_a_delivery_that_was_killed()
    {
        Directory.CreateDirectory(Database + ".tmp");
        foreach (var left in new[] { ".tmp/block", ".next", ".next.wal" })
        {
            File.WriteAllText(Database + left, "rows");
        }

        WorkspaceFile.Without(Database, ["cancer"]);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }
}
