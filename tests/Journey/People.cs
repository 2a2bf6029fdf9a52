using System.Text.Json;

namespace HealthDataNode.Journey;

/// <summary>Who plays, by user name.</summary>
internal sealed class People(Dictionary<string, People.Person> persons)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    internal sealed record Person(string Password, string Sub)
    {
        // Never print a password.
        public override string ToString() => "***";
    }

    public Person this[string name] => persons.GetValueOrDefault(name) ?? throw new StepFailedException($"The people file has no {name}.");

    /// <summary>The subject of everybody.</summary>
    public IEnumerable<string> Subs => persons.Values.Select(person => person.Sub);

    public static People Read(FileInfo file) =>
        new(JsonSerializer.Deserialize<Dictionary<string, Person>>(File.ReadAllText(file.FullName), Json)!);
}
