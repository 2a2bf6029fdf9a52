using HealthDataNode.Permit.Domain;

namespace HealthDataNode.Permit.Features;

internal static class OutcomeText
{
    /// <summary>As the API writes it.</summary>
    public static string ToText(this Outcome outcome) => outcome == Outcome.Granted ? "granted" : "refused";
}
