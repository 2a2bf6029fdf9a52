using System.Text.Json;

namespace HealthDataNode.Permit.Domain;

/// <summary>What an answer to one authority may change of an application that others have before them too.</summary>
internal static class Correction
{
    /// <summary>
    /// Whether a corrected content keeps the sources (each has its case) and everything that a decision stands on: a case
    /// decided stands on its own sources and on all that is common, an approval on the sources that need it and on all
    /// that is common.
    /// </summary>
    public static bool LeavesAlone(Application application, ApplicationContent corrected)
    {
        var before = application.Content;
        if (!Names(before).SetEquals(Names(corrected)))
        {
            return false;
        }
        var fixedSources = application
            .Cases.SelectMany(handled =>
                handled.Sources.Where(source =>
                    handled.Decision is not null
                    || application.Approvals.Any(a => a.Decision is not null && source.Approvals.Contains(a.Required.Kind))
                )
            )
            .Select(source => source.Source)
            .ToHashSet();
        return fixedSources.Count == 0 || Fixed(before, fixedSources) == Fixed(corrected, fixedSources);
    }

    private static HashSet<string?> Names(ApplicationContent content) => [.. (content.Sources ?? []).Select(source => source.Source)];

    // As text, since lists inside records are compared by reference.
    private static string Fixed(ApplicationContent content, HashSet<string> sources) =>
        JsonSerializer.Serialize(
            content with
            {
                Sources = [.. content.Sources!.Where(s => sources.Contains(s.Source!)).OrderBy(s => s.Source, StringComparer.Ordinal)],
            }
        );
}
