using System.Text.Json;

namespace HealthDataNode.Ledger;

/// <summary>
/// Who an identifier belongs to, and of whom nothing may have arrived: read from what the population register has
/// fed so far and from who the journey's citizens are, never from the node.
/// </summary>
internal sealed class Persons
{
    private readonly Dictionary<string, string> before = [];
    private readonly HashSet<string> closed = [];
    private readonly Dictionary<string, HashSet<string>> absent = [];

    public static Persons In(DirectoryInfo data)
    {
        var persons = new Persons();
        var population = Path.Combine(data.FullName, "holder", "population.csv");
        if (File.Exists(population))
        {
            persons.ReadChanges(population);
            persons.ReadAddresses(population);
        }
        var citizens = Path.Combine(data.FullName, "holder", "citizens.json");
        if (File.Exists(citizens))
        {
            persons.ReadCitizens(citizens);
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

    /// <summary>Whether rows of the person (by first identifier) are withheld from a source's delivery.</summary>
    public bool IsWithheld(string source, string first) =>
        closed.Contains(first) || absent.TryGetValue(source, out var persons) && persons.Contains(first);

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

    private void ReadCitizens(string file)
    {
        using var citizens = JsonDocument.Parse(File.ReadAllText(file));
        foreach (var citizen in citizens.RootElement.EnumerateObject())
        {
            var first = First(citizen.Value.GetProperty("number").GetString()!);
            foreach (var source in citizen.Value.GetProperty("absentFrom").EnumerateArray().Select(source => source.GetString()!))
            {
                (absent.TryGetValue(source, out var persons) ? persons : absent[source] = []).Add(first);
            }
        }
    }

    private static IEnumerable<(string Kind, string Person, string Other)> Lines(string file) =>
        File.ReadLines(file).Skip(1).Select(line => line.Split(',')).Select(fields => (fields[2], fields[3], fields[4]));
}
