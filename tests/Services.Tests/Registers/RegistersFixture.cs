using HealthDataNode.Services.Tests.Registers;
using HealthDataNode.SyntheticRegisters;

[assembly: AssemblyFixture(typeof(RegistersFixture))]

namespace HealthDataNode.Services.Tests.Registers;

/// <summary>
/// The registers of 20,000 persons, seed 1, read back from their files as a stranger would who has the population
/// register beside them: each row's <see cref="Person"/> is the first number that the person ever had.
/// </summary>
public sealed class RegistersFixture : IDisposable
{
    public const int Size = 20_000;

    /// <summary>Column added to every row when it is read: whose it is.</summary>
    public const string Person = "person";

    private readonly Lazy<Dictionary<string, List<Dictionary<string, string>>>> _files;

    public RegistersFixture()
    {
        Folder = Directory.CreateTempSubdirectory("registers-").FullName;
        _files = new(() =>
        {
            Generation.Run(1, Size, 0.6, Folder);
            return Sources.ToDictionary(source => source, source => Read(Folder, source));
        });
    }

    public static string[] Sources { get; } = ["cancer", "death", "treatment"];

    public string Folder { get; }

    public IReadOnlyList<IReadOnlyDictionary<string, string>> Cancer => Rows("cancer");

    public IReadOnlyList<IReadOnlyDictionary<string, string>> Death => Rows("death");

    public IReadOnlyList<IReadOnlyDictionary<string, string>> Treatment => Rows("treatment");

    /// <summary>Lines of the population register, late ones too.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, string>> Population =>
        [.. Read(Made("population.csv")), .. Read(Made("population-late.csv"))];

    public IEnumerable<string> Numbers => _files.Value.Values.SelectMany(rows => rows).Select(row => row["person_id"]).Distinct();

    public IReadOnlyList<IReadOnlyDictionary<string, string>> Rows(string source) => _files.Value[source];

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>A file of this run.</summary>
    public string Made(string file)
    {
        Assert.NotEmpty(_files.Value);
        return Path.Combine(Folder, file);
    }

    /// <summary>A source of a folder, each row with the person whose it is.</summary>
    public static List<Dictionary<string, string>> Read(string folder, string source)
    {
        var before = Read(Path.Combine(folder, "population.csv"))
            .Concat(Read(Path.Combine(folder, "population-late.csv")))
            .Where(line => line["kind"] == "number-change")
            .ToDictionary(line => line["other_id"], line => line["person_id"]);
        var rows = Read(Path.Combine(folder, $"{source}.csv"));
        foreach (var row in rows)
        {
            var first = row["person_id"];
            while (before.TryGetValue(first, out var earlier))
                first = earlier;
            row[Person] = first;
        }

        return rows;
    }

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
