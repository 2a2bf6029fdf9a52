namespace HealthDataNode.Permit.Domain;

/// <summary>What even a draft must keep to, so that it can be stored and shown: lengths, no control characters, no gaps.</summary>
public static class ContentLimits
{
    /// <summary>The longest text, in characters.</summary>
    public const int LongestText = 4000;

    /// <summary>The most persons, 67(2)(a).</summary>
    public const int MostPersons = 50;

    /// <summary>The most sources.</summary>
    public const int MostSources = 20;

    /// <summary>The most variables of one source.</summary>
    public const int MostVariables = 500;

    /// <summary>Whether a text is short enough and has no control character but tab and line ends.</summary>
    public static bool IsText(string text, int longest = LongestText) =>
        text.Length <= longest && !text.Any(c => char.IsControl(c) && c is not ('\t' or '\n' or '\r'));

    /// <summary>The fields that are beyond, each with what to do.</summary>
    public static IReadOnlyDictionary<string, string[]> Broken(ApplicationContent content)
    {
        List<(string Field, string? Text, int Longest)> texts =
        [
            ("title", content.Title, 200),
            ("purpose", content.Purpose, 40),
            ("intendedUse", content.IntendedUse, LongestText),
            ("benefit", content.Benefit, LongestText),
            ("legalBasis", content.LegalBasis, 40),
            ("format", content.Format, 40),
            ("justification", content.Justification, LongestText),
            ("spe.party", content.Spe?.Party, 40),
            ("spe.reasons", content.Spe?.Reasons, LongestText),
            ("safeguards", content.Safeguards, LongestText),
            ("ethics", content.Ethics, LongestText),
        ];
        List<(string Field, IReadOnlyList<string>? List, int Most)> lists =
        [
            ("persons", content.Persons, MostPersons),
            ("declaredAgainst", content.DeclaredAgainst, ProhibitedUses.All.Count),
        ];
        var sources = content.Sources ?? [];
        for (var i = 0; i < sources.Count && i <= MostSources; i++)
        {
            texts.Add(($"sources[{i}].source", sources[i]?.Source, 40));
            texts.Add(($"sources[{i}].scope", sources[i]?.Scope, LongestText));
            lists.Add(($"sources[{i}].variables", sources[i]?.Variables, MostVariables));
        }
        var broken = texts
            .Where(text => text.Text is not null && !IsText(text.Text, text.Longest))
            .ToDictionary(
                text => text.Field,
                text => (string[])[$"Write at most {text.Longest} characters, no control characters among them."]
            );
        foreach (var (field, list, most) in lists)
        {
            if (list is not null && (list.Count > most || list.Any(entry => entry is null || !IsText(entry, 100))))
            {
                broken[field] = [$"Send at most {most} entries, none of them null or longer than 100 characters."];
            }
        }
        if (sources.Count > MostSources || sources.Any(source => source is null))
        {
            broken["sources"] = [$"Send at most {MostSources} sources, none of them null."];
        }
        return broken;
    }
}
