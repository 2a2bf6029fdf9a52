using System.Text.Json;

namespace HealthDataNode.Ledger;

/// <summary>
/// Who an identifier belongs to, and of whom nothing may have arrived: read from what the population register has
/// fed so far and from what citizens declared, never from the node.
/// </summary>
internal sealed class Persons
{
    private readonly Dictionary<string, string> before = [];
    private readonly HashSet<string> closed = [];
    private readonly Dictionary<string, List<(long Number, bool IsOut)>> declared = [];

    public static Persons In(DirectoryInfo data)
    {
        var persons = new Persons();
        var population = Path.Combine(data.FullName, "holder", "population.csv");
        if (File.Exists(population))
        {
            persons.ReadChanges(population);
            persons.ReadAddresses(population);
        }
        var declarations = Path.Combine(data.FullName, "holder", "declarations.txt");
        if (File.Exists(declarations))
        {
            persons.ReadDeclarations(declarations, Path.Combine(data.FullName, "holder", "citizens.json"));
        }
        return persons;
    }

    /// <summary>The person's first identifier, through every change.</summary>
    public string First(string identifier)
    {
        while (before.TryGetValue(identifier, out var earlier))
        {
            identifier = earlier;
        }
        return identifier;
    }

    /// <summary>
    /// Whether rows of the person (by first identifier) are withheld from a delivery: by the opt-out list that its own
    /// decision took, whatever was declared before or since (EHDS 71(3)).
    /// </summary>
    public bool IsWithheld(Delivery delivery, string first) =>
        closed.Contains(first)
        || declared.TryGetValue(first, out var choices) && choices.LastOrDefault(one => one.Number <= delivery.OptOutList).IsOut;

    private void ReadChanges(string file)
    {
        foreach (var line in Lines(file).Where(line => line.Kind == "number-change"))
        {
            before[line.Other] = line.Person;
        }
    }

    // With all changes known: an address is protected under one number and opened under another.
    private void ReadAddresses(string file)
    {
        foreach (var line in Lines(file))
        {
            if (line.Kind == "address-protected")
            {
                closed.Add(First(line.Person));
            }
            else if (line.Kind == "address-open")
            {
                closed.Remove(First(line.Person));
            }
        }
    }

    // NUMBER,CITIZEN,CHOICE as citizens were answered, in that order.
    private void ReadDeclarations(string file, string citizensFile)
    {
        using var citizens = JsonDocument.Parse(File.ReadAllText(citizensFile));
        foreach (var fields in File.ReadLines(file).Select(line => line.Split(',')))
        {
            var first = First(citizens.RootElement.GetProperty(fields[1]).GetProperty("number").GetString()!);
            (declared.TryGetValue(first, out var choices) ? choices : declared[first] = []).Add(
                (long.Parse(fields[0], null), fields[2] == "out")
            );
        }
    }

    private static IEnumerable<(string Kind, string Person, string Other)> Lines(string file) =>
        File.ReadLines(file).Skip(1).Select(line => line.Split(',')).Select(fields => (fields[2], fields[3], fields[4]));
}
