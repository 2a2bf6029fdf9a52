using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Neighbours;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HealthDataNode.Permit.Features;

/// <summary>How what the rules say becomes an answer.</summary>
internal static class Answers
{
    /// <summary>The version of an application as an entity tag.</summary>
    public static string Tag(int version) => $"\"{version}\"";

    /// <summary>Tells the caller which version this is.</summary>
    public static void SetTag(this HttpContext http, int version) => http.Response.Headers.ETag = Tag(version);

    /// <summary>412 where <c>If-Match</c> names another version; 428 where it is required and missing.</summary>
    public static ProblemHttpResult? Precondition(this HttpContext http, int version, bool required = false)
    {
        var tags = http.Request.Headers.IfMatch;
        if (tags.Count == 0)
        {
            return required
                ? Problem.Of(
                    428,
                    "if-match-missing",
                    "If-Match is missing",
                    "Read what you decide on and send its ETag as If-Match, so that you decide on what you have read."
                )
                : null;
        }
        var named = tags.ToString().Split(',', StringSplitOptions.TrimEntries);
        return named.Contains(Tag(version)) || named is ["*"]
            ? null
            : Problem.Of(412, "stale", "It has changed", "Read it again and repeat with its new ETag.");
    }

    /// <summary>The rules say no.</summary>
    public static ProblemHttpResult ToProblem(this Refusal refusal) =>
        refusal.Kind == RefusalKind.Forbidden
            ? Problem.Forbidden(refusal.Type, refusal.Title, refusal.Detail)
            : Problem.Conflict(refusal.Type, refusal.Title, refusal.Detail);

    /// <summary>Two at once: the second one repeats.</summary>
    public static ProblemHttpResult ChangedMeanwhile() =>
        Problem.Conflict("stale", "Somebody else changed it meanwhile", "Read it again, then repeat.");

    /// <summary>A neighbour is away.</summary>
    public static ProblemHttpResult ToProblem(this NeighbourAwayException exception) =>
        Problem.Of(503, "neighbour-away", $"{exception.Service} does not answer", "Nothing was changed. Try again in a moment.");

    /// <summary>Everything that is missing, by field.</summary>
    public static ProblemHttpResult ToProblem(this IEnumerable<Finding> findings) =>
        Problem.Invalid(
            findings
                .GroupBy(finding => finding.Field)
                .ToDictionary(field => field.Key, field => field.Select(finding => $"{finding.Message} ({finding.Article})").ToArray()),
            "application-incomplete"
        );

    /// <summary>A text that an act must come with, or the problem.</summary>
    public static ProblemHttpResult? Require(string field, string? text, int longest = 4000) =>
        string.IsNullOrWhiteSpace(text) || !ContentLimits.IsText(text, longest)
            ? Problem.Invalid(
                new Dictionary<string, string[]> { [field] = [$"Write 1 to {longest} characters, no control characters among them."] }
            )
            : null;

    /// <summary>The problem of a parameter that has not the form of what it names, or null; what is left out has.</summary>
    public static ProblemHttpResult? RequireForm(string parameter, string? text, Func<string?, bool> form) =>
        text is null || form(text)
            ? null
            : Problem.Invalid(new Dictionary<string, string[]> { [parameter] = [$"Send a {parameter} as it was answered here, or none."] });

    /// <summary>The problem of a content that cannot even be a draft, or null.</summary>
    public static ProblemHttpResult? Require(ApplicationContent content)
    {
        var broken = ContentLimits.Broken(content);
        return broken.Count == 0 ? null : Problem.Invalid(broken.ToDictionary());
    }
}
