using System.Text.Json;
using HealthDataNode.SpeRegistry.Domain;

namespace HealthDataNode.SpeRegistry.Criteria;

/// <summary>The criteria in force, from <c>criteria.json</c>.</summary>
public static class CriteriaFile
{
    /// <summary>All of them.</summary>
    public static CriteriaSet InForce { get; } = Read();

    private static CriteriaSet Read()
    {
        using var stream = typeof(CriteriaFile).Assembly.GetManifestResourceStream("criteria.json")!;
        return JsonSerializer.Deserialize<CriteriaSet>(stream, JsonSerializerOptions.Web)!;
    }
}
