using HealthDataNode.Services.Tests.Registers;
using HealthDataNode.SyntheticRegisters;

[assembly: AssemblyFixture(typeof(RegistersFixture))]

namespace HealthDataNode.Services.Tests.Registers;

/// <summary>The registers of 20,000 persons, seed 1, read back from their files as a stranger would.</summary>
public sealed class RegistersFixture : IDisposable
{
    public const int Size = 20_000;

    private readonly Lazy<(List<Dictionary<string, string>> Cancer, List<Dictionary<string, string>> Death)> _files;

    public RegistersFixture()
    {
        Folder = Directory.CreateTempSubdirectory("registers-").FullName;
        _files = new(() =>
        {
            Generation.Run(1, Size, 0.6, Folder);
            return (Read(Path.Combine(Folder, "cancer.csv")), Read(Path.Combine(Folder, "death.csv")));
        });
    }

    public string Folder { get; }

    public IReadOnlyList<IReadOnlyDictionary<string, string>> Cancer => _files.Value.Cancer;

    public IReadOnlyList<IReadOnlyDictionary<string, string>> Death => _files.Value.Death;

    public IEnumerable<string> Numbers => Cancer.Concat(Death).Select(row => row["person_id"]).Distinct();

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>No field of the registers is quoted, which <see cref="The_files_of_the_registers"/> asserts.</summary>
    public static List<Dictionary<string, string>> Read(string path)
    {
        using var reader = new StreamReader(path);
        var columns = reader.ReadLine()!.Split(',');
        var rows = new List<Dictionary<string, string>>();
        while (reader.ReadLine() is { } line)
        {
            var fields = line.Split(',');
            Assert.Equal(columns.Length, fields.Length);
            rows.Add(columns.Zip(fields).ToDictionary(pair => pair.First, pair => pair.Second));
        }

        return rows;
    }
}
