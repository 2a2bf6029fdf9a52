using System.Text.Json;

namespace HealthDataNode.Leaks;

/// <summary>What the holders hold, from DIR/holder: whoever is named there, and the rows.</summary>
internal sealed class Registers
{
    // Where a file is no source: the population register's history, and who opts out.
    private static readonly string[] PersonColumns = ["person_id", "other_id"];
    private readonly Dictionary<string, HashSet<string>> bySource = [];
    private readonly DirectoryInfo folder;

    private Registers(DirectoryInfo folder) => this.folder = folder;

    /// <summary>Every identifier, the invalid ones too.</summary>
    public HashSet<string> Identifiers { get; } = new(StringComparer.Ordinal);

    public IEnumerable<string> Sources => bySource.Keys;

    /// <summary>Prints no identifier.</summary>
    public override string ToString() => $"{Identifiers.Count} identifiers";

    public static Registers In(DirectoryInfo data)
    {
        var registers = new Registers(new DirectoryInfo(Path.Combine(data.FullName, "holder")));
        if (registers.folder.Exists)
        {
            foreach (var file in registers.folder.EnumerateFiles("*.csv"))
            {
                registers.AddFile(file);
            }
            registers.AddCitizens(Path.Combine(registers.folder.FullName, "citizens.json"));
        }
        return registers;
    }

    /// <summary>Who may be in an order of the source: its own people, and whoever has had another number.</summary>
    public IEnumerable<string> PersonsOf(string source) =>
        bySource
            .Where(file => file.Key == source || file.Key.StartsWith("population", StringComparison.Ordinal) || file.Key == "")
            .SelectMany(file => file.Value)
            .Where(identifier => identifier.Length == 11 && identifier.All(char.IsAsciiDigit))
            .Distinct(StringComparer.Ordinal);

    /// <summary>At most so many rows of a source, evenly over the file, each as the fields of the named columns (null: all but the person).</summary>
    public IEnumerable<string[]> Rows(string source, IReadOnlyList<string>? columns, int atMost)
    {
        var file = Path.Combine(folder.FullName, source + ".csv");
        if (!File.Exists(file))
        {
            yield break;
        }
        var every = Math.Max(1, File.ReadLines(file).Count() / atMost);
        using var lines = File.ReadLines(file).GetEnumerator();
        if (!lines.MoveNext())
        {
            yield break;
        }
        var header = Fields(lines.Current);
        int[] positions = columns is null
            ? [.. Enumerable.Range(1, header.Length - 1)]
            : [.. columns.Select(column => Array.IndexOf(header, column))];
        if (positions.Contains(-1))
        {
            yield break;
        }
        for (var line = 0; lines.MoveNext(); line++)
        {
            if (line % every == 0)
            {
                var fields = Fields(lines.Current);
                yield return [.. positions.Select(position => fields[position])];
            }
        }
    }

    private void AddFile(FileInfo file)
    {
        using var lines = File.ReadLines(file.FullName).GetEnumerator();
        if (!lines.MoveNext())
        {
            return;
        }
        var header = Fields(lines.Current);
        int[] positions = [.. PersonColumns.Select(column => Array.IndexOf(header, column)).Where(position => position >= 0)];
        var persons = new HashSet<string>(StringComparer.Ordinal);
        while (positions.Length > 0 && lines.MoveNext())
        {
            var fields = Fields(lines.Current);
            persons.UnionWith(positions.Where(position => position < fields.Length).Select(position => fields[position]));
        }
        persons.Remove("");
        Identifiers.UnionWith(persons);
        bySource.Add(Path.GetFileNameWithoutExtension(file.Name), persons);
    }

    private void AddCitizens(string file)
    {
        if (!File.Exists(file))
        {
            return;
        }
        using var citizens = JsonDocument.Parse(File.ReadAllText(file));
        HashSet<string> numbers =
        [
            .. citizens.RootElement.EnumerateObject().Select(citizen => citizen.Value.GetProperty("number").GetString()!),
        ];
        Identifiers.UnionWith(numbers);
        bySource.Add("", numbers);
    }

    /// <summary>The fields of a line of RFC 4180; the registers have no field with a line break.</summary>
    private static string[] Fields(string line)
    {
        if (!line.Contains('"'))
        {
            return line.Split(',');
        }
        var fields = new List<string>();
        var field = new System.Text.StringBuilder();
        var quoted = false;
        for (var at = 0; at < line.Length; at++)
        {
            if (line[at] == '"' && quoted && at + 1 < line.Length && line[at + 1] == '"')
            {
                field.Append('"');
                at++;
            }
            else if (line[at] == '"')
            {
                quoted = !quoted;
            }
            else if (line[at] == ',' && !quoted)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else
            {
                field.Append(line[at]);
            }
        }
        fields.Add(field.ToString());
        return [.. fields];
    }
}
