using System.Text.Json.Nodes;
using HealthDataNode.SyntheticRegisters.Population;

namespace HealthDataNode.SyntheticRegisters.Output;

/// <summary>
/// Who the journey's citizens are, for Setup alone (`citizens.json`), and from which sources each must be absent once
/// the journey has been done: what each of them declares, and when, is the journey's.
/// </summary>
internal sealed class CitizensFile
{
    private static readonly Dictionary<string, string[]> Absent = new()
    {
        ["anna.citizen"] = ["cancer", "death", "treatment"],
        ["bjorn.citizen"] = [],
        ["cecilie.citizen"] = ["treatment"],
        ["david.citizen"] = [],
        ["elin.citizen"] = ["cancer", "death", "treatment"],
    };

    private readonly JsonObject _citizens = [];

    /// <summary>How many there are.</summary>
    public int Count => _citizens.Count;

    public void Add(Known known)
    {
        SyntheticNumber.Require(known.Person.Number);
        _citizens[known.Citizen!] = new JsonObject
        {
            ["number"] = known.Person.Number,
            ["absentFrom"] = new JsonArray([.. Absent[known.Citizen!].Select(source => JsonValue.Create(source))]),
        };
    }

    public void WriteTo(string path) => File.WriteAllText(path, _citizens.ToJsonString(new() { WriteIndented = true }) + "\n");
}
