using System.Text.Json;
using System.Text.Json.Serialization;

namespace HealthDataNode.Permit.Domain.Fees;

/// <summary>What a case and its sources are expected to cost, as data (<c>fees.json</c> beside this file; EHDS 62).</summary>
/// <param name="Version">Which rules these are; another one whenever a rule changes (FEE-012).</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Rules">The rules; every one that fits gives a line.</param>
public sealed record FeeRules(string Version, string Currency, IReadOnlyList<FeeRule> Rules)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
    };

    /// <summary>The rules of this build.</summary>
    public static FeeRules Current { get; } = Read();

    /// <summary>One estimate merged from what every authority's case is expected to cost (FEE-005, FEE-006).</summary>
    /// <param name="cases">Per authority, the sources of its case.</param>
    public FeeEstimated Estimate(IReadOnlyDictionary<string, IReadOnlyList<string>> cases) =>
        new(
            Currency,
            [.. cases.SelectMany(one => Rules.Where(rule => rule.Fits(one.Key, one.Value)).SelectMany(rule => rule.Lines(one.Value)))],
            Version
        );

    private static FeeRules Read()
    {
        using var stream = typeof(FeeRules).Assembly.GetManifestResourceStream("fees.json")!;
        return JsonSerializer.Deserialize<FeeRules>(stream, Json)!;
    }
}

/// <summary>One rule: so many times a rate, for a case or for each of its sources.</summary>
/// <param name="Authority">Whose case.</param>
/// <param name="Rule">Its id.</param>
/// <param name="Text">What it is for.</param>
/// <param name="Per">Once for the case, or for each source.</param>
/// <param name="Times">How often the rate, for example hours.</param>
/// <param name="Rate">In the currency, whole units.</param>
/// <param name="LeastSources">Only for a case of at least so many sources.</param>
/// <param name="MostSources">Only for a case of at most so many; null where there is no bound.</param>
public sealed record FeeRule(
    string Authority,
    string Rule,
    string Text,
    FeeUnit Per,
    int Times,
    int Rate,
    int LeastSources = 1,
    int? MostSources = null
)
{
    internal bool Fits(string authority, IReadOnlyList<string> sources) =>
        Authority == authority && LeastSources <= sources.Count && (MostSources is null || sources.Count <= MostSources);

    internal IEnumerable<FeeLine> Lines(IReadOnlyList<string> sources) =>
        Per == FeeUnit.Case
            ? [new FeeLine(Authority, Rule, Text, Times * Rate)]
            : sources.Select(source => new FeeLine(Authority, Rule, $"{Text}: {source}", Times * Rate));
}

/// <summary>What a rule counts.</summary>
public enum FeeUnit
{
    /// <summary>The case.</summary>
    Case,

    /// <summary>Each of its sources.</summary>
    Source,
}
