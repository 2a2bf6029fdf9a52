using System.Text.Json.Nodes;
using HealthDataNode.SyntheticRegisters.Population;

namespace HealthDataNode.SyntheticRegisters.Output;

/// <summary>
/// Who the journey's citizens are, for Setup alone (`citizens.json`): what each of them declares, and when, is the journey's.
/// </summary>
internal sealed class CitizensFile
{
    private readonly JsonObject _citizens = [];

    /// <summary>How many there are.</summary>
    public int Count => _citizens.Count;

    public void Add(Known known)
    {
        SyntheticNumber.Require(known.Person.Number);
        _citizens[known.Citizen!] = new JsonObject { ["number"] = known.Person.Number };
    }

    public void WriteTo(string path) => File.WriteAllText(path, _citizens.ToJsonString(new() { WriteIndented = true }) + "\n");
}
