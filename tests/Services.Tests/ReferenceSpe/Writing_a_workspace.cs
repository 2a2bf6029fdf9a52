using System.Security.Cryptography;
using System.Text;
using HealthDataNode.Protocol.Documents;
using HealthDataNode.Protocol.Pseudonyms;
using HealthDataNode.ReferenceSpe.Workspaces;

namespace HealthDataNode.Services.Tests.ReferenceSpe;

/// <summary>The workspace's file, wherever the environment keeps it.</summary>
public sealed class Writing_a_workspace : IDisposable
{
    private const int Rows = 3_000;
    private readonly string folder = Directory.CreateTempSubdirectory("o'b;x=").FullName;

    private string Database => Path.Combine(folder, "workspace.duckdb");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Writes_changes_and_drops_a_table_in_a_folder_of_any_name()
    {
        foreach (var source in new[] { "cancer", "death" })
        {
            using var table = new SourceTable(Database, Named(source, new PermitColumn("age", "integer")), hasTypedView: true);
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

    /// <summary>However many columns the sources have that stay.</summary>
    [Fact]
    public void Drops_a_table_beside_a_wide_one()
    {
        PermitColumn[] columns = [.. Enumerable.Range(0, 600).Select(i => new PermitColumn($"c{i}", "string"))];
        using (var table = new SourceTable(Database, Named("cancer", columns), hasTypedView: false))
        {
            table.Begin();
            var (fields, lengths) = (new byte[columns.Length * 8], Enumerable.Repeat(8, columns.Length).ToArray());
            for (var row = 0; row < Rows; row++)
            {
                // Nothing in it is like anything else: it cannot be packed.
                Encoding.ASCII.GetBytes(RandomNumberGenerator.GetHexString(fields.Length), fields);
                table.Append(RandomNumberGenerator.GetBytes(Block.Size), fields, lengths);
            }

            table.Swap(Rows);
        }

        WorkspaceFile.Without(Database, ["death"]);
        using var connection = WorkspaceFile.OpenToRead(Database);
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM cancer";
        Assert.Equal((long)Rows, command.ExecuteScalar());
    }

    private static PermitSource Named(string source, params PermitColumn[] columns) =>
        new()
        {
            Source = source,
            Holder = "holder",
            IdentifierBudget = 1,
            Decision = new("hdab", 1_790_000_000),
            OptOut = new(0, new string('0', 64)),
            Columns = columns,
        };
}
