using System.Text.Json;
using System.Text.Json.Serialization;

namespace HealthDataNode.SpeRegistry.Domain;

/// <summary>How an SPE's operator answers the criteria; a changed one is the next.</summary>
public sealed class Declaration
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    /// <summary>The SPE.</summary>
    public required string Party { get; init; }

    /// <summary>From 1.</summary>
    public required int Number { get; init; }

    /// <summary>Version of the criteria.</summary>
    public required string CriteriaVersion { get; init; }

    /// <summary>The answers as JSON, in the order of the criteria: equal text is an equal declaration.</summary>
    public required string Answers { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset DeclaredAt { get; init; }

    /// <summary>The operator's <c>sub</c>.</summary>
    public required string DeclaredBy { get; init; }

    /// <summary>The answers as JSON, in the order of the criteria.</summary>
    public static string TextOf(CriteriaSet criteria, IReadOnlyList<CriterionAnswer> answers) =>
        JsonSerializer.Serialize(criteria.Criteria.Select(criterion => answers.First(answer => answer.Criterion == criterion.Id)), Json);

    /// <summary>The answers.</summary>
    public IReadOnlyList<CriterionAnswer> Read() => JsonSerializer.Deserialize<CriterionAnswer[]>(Answers, Json)!;

    /// <summary>Required criteria that are not met: approval must wait for them.</summary>
    public IReadOnlyList<string> Unmet(CriteriaSet criteria)
    {
        var met = Read().Where(answer => answer.Answer == AnswerKind.Met).Select(answer => answer.Criterion).ToHashSet();
        return [.. criteria.Criteria.Where(c => c.Required && !met.Contains(c.Id)).Select(c => c.Id)];
    }

    /// <summary>What is wrong with a declaration, by field; empty when nothing is.</summary>
    public static Dictionary<string, string[]> Check(
        CriteriaSet criteria,
        string version,
        IReadOnlyList<CriterionAnswer> answers,
        DateOnly today
    )
    {
        var faults = new Dictionary<string, string[]>();
        if (version != criteria.Version)
        {
            faults["criteriaVersion"] = [$"must be {criteria.Version}, the version in force"];
        }
        var ids = answers.Select(answer => answer?.Criterion).ToList();
        var known = criteria.Criteria.Select(criterion => criterion.Id).ToList();
        string[] wrong =
        [
            .. Listed("missing", known.Except(ids)),
            .. Listed("unknown", ids.Except(known).Take(10).Select(_ => "an id that is no criterion")),
            .. Listed(
                "twice",
                ids.GroupBy(id => id)
                    .Where(group => group.Count() > 1 && group.Key is not null && known.Contains(group.Key))
                    .Select(group => group.Key)
            ),
        ];
        if (wrong.Length > 0)
        {
            faults["answers"] = wrong;
        }
        foreach (var answer in answers.Where(answer => answer is not null && known.Contains(answer.Criterion)))
        {
            string[] why = [.. Faults(answer, today)];
            if (why.Length > 0)
            {
                faults[$"answers.{answer.Criterion}"] = why;
            }
        }
        return faults;
    }

    private static IEnumerable<string> Listed(string what, IEnumerable<string?> ids) =>
        string.Join(", ", ids) is { Length: > 0 } list ? [$"{what}: {list}"] : [];

    private static IEnumerable<string> Faults(CriterionAnswer answer, DateOnly today)
    {
        if (string.IsNullOrWhiteSpace(answer.Evidence) || answer.Evidence.Length > 2000 || answer.Evidence.Contains('\0'))
        {
            yield return "evidence must be text of at most 2000 characters";
        }
        if (string.IsNullOrWhiteSpace(answer.Owner) || answer.Owner.Length > 200 || answer.Owner.Contains('\0'))
        {
            yield return "owner must be text of at most 200 characters";
        }
        // A day of grace: it may be tomorrow already where the operator is.
        if (answer.Date > today.AddDays(1))
        {
            yield return "date is in the future";
        }
    }
}
