using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace HealthDataNode.SyntheticRegisters.Output;

/// <summary>The HealthDCAT-AP descriptions that the registers' editors publish, with the counts of this run.</summary>
internal static class Descriptions
{
    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static JsonObject Read(string source)
    {
        using var stream =
            typeof(Descriptions).Assembly.GetManifestResourceStream($"{source}.json")
            ?? throw new InvalidOperationException($"There is no description of {source}.");
        return JsonNode.Parse(stream)!.AsObject();
    }

    public static void Write(string source, RegisterCounts counts, string path)
    {
        var description = Read(source);
        description["numberOfRecords"] = counts.Rows;
        description["numberOfUniqueIndividuals"] = counts.Persons;
        File.WriteAllText(path, description.ToJsonString(Format) + "\n");
    }
}
