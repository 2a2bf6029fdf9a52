using System.Text.RegularExpressions;
using HealthDataNode.Permit.Domain.Authorities;
using HealthDataNode.Permit.Domain.Clocks;
using HealthDataNode.Permit.Domain.Policy;

namespace HealthDataNode.Permit.Domain;

/// <summary>What an application lacks. Everything at once: an applicant who is told piecemeal loses weeks.</summary>
public static partial class Completeness
{
    private const int FarthestStartYears = 5;

    /// <summary>Every finding; none means that it may be submitted.</summary>
    public static IReadOnlyList<Finding> Check(
        ApplicationContent content,
        Applicant applicant,
        Surroundings known,
        PolicyProfile profile,
        AuthorityRegister register,
        DateTimeOffset now
    ) =>
        [
            .. Texts(content),
            .. Purpose(content, applicant, profile),
            .. Persons(content, applicant),
            .. Spe(content, known, profile, now),
            .. Duration(content, profile, now),
            .. DeclaredAgainst(content),
            .. Sources(content, known, profile),
            .. Competences(content, known, register, now),
        ];

    /// <summary>
    /// What of an application that was complete the law does not allow: what is judged again when a case is granted, for
    /// the sources of that case.
    /// </summary>
    public static IEnumerable<Finding> Unlawful(
        ApplicationContent content,
        Applicant applicant,
        IReadOnlyList<CaseSource> sources,
        PolicyProfile profile
    ) =>
        [
            .. Texts(content).Where(finding => finding.Field == "justification"),
            .. Purpose(content, applicant, profile),
            .. TooLong(content, profile),
            .. DeclaredAgainst(content),
            .. (content.Sources ?? [])
                .Where(requested => sources.Any(source => source.Source == requested.Source))
                .SelectMany(requested => Cohort(requested, requested.Source!, profile)),
        ];

    /// <summary>The sources as the permit will name them; only for an application without findings.</summary>
    public static IReadOnlyList<DescribedSource> Describe(ApplicationContent content, Surroundings known, PolicyProfile profile) =>
        [
            .. content.Sources!.Select(requested =>
            {
                var description = known.Descriptions[requested.Source!]!;
                return new DescribedSource(
                    requested.Source!,
                    description.Holder,
                    Budget(requested.ExpectedPersons!.Value, profile),
                    [.. requested.Variables!.Select(name => description.Columns.Single(column => column.Name == name))]
                );
            }),
        ];

    /// <summary>Whether a text can be the name of a source or variable.</summary>
    public static bool IsName(string? text) => text is not null && Name().IsMatch(text);

    /// <summary>Whether a text can be the id of a party.</summary>
    public static bool IsParty(string? text) => text is not null && Party().IsMatch(text);

    // Registers count differently from what an applicant expects; a margin spares an amendment, not the bound.
    private static long Budget(int expected, PolicyProfile profile) =>
        expected + (((long)expected * profile.IdentifierBudgetMargin) + 99) / 100;

    private static IEnumerable<Finding> Texts(ApplicationContent content)
    {
        (string Field, string Article, string? Text, int Longest)[] texts =
        [
            ("title", "EHDS 57(1)(e)", content.Title, 200),
            ("intendedUse", "EHDS 67(2)(c)", content.IntendedUse, ContentLimits.LongestText),
            ("benefit", "EHDS 67(2)(c)", content.Benefit, ContentLimits.LongestText),
            ("justification", "EHDS 67(2)(e)", content.Justification, ContentLimits.LongestText),
            ("safeguards", "EHDS 67(2)(g)", content.Safeguards, ContentLimits.LongestText),
            ("ethics", "EHDS 67(2)(j)", content.Ethics, ContentLimits.LongestText),
        ];
        return texts
            .Where(text => string.IsNullOrWhiteSpace(text.Text) || text.Text.Length > text.Longest)
            .Select(text => new Finding(text.Field, text.Article, $"Write 1 to {text.Longest} characters."));
    }

    private static IEnumerable<Finding> Purpose(ApplicationContent content, Applicant applicant, PolicyProfile profile)
    {
        if (!Purposes.All.Contains(content.Purpose))
        {
            yield return new Finding("purpose", "EHDS 53(1)", $"Choose one of {string.Join(", ", Purposes.All)}.");
        }
        else if (profile.PurposesOfPublicBodies.Contains(content.Purpose!) && !profile.PublicBodies.Contains(applicant.Org))
        {
            yield return new Finding("purpose", "EHDS 53(2)", "This purpose is for public bodies only.");
        }
        if (!LegalBases.All.Contains(content.LegalBasis))
        {
            yield return new Finding("legalBasis", "EHDS 67(4)", $"Choose one of {string.Join(", ", LegalBases.All)} (GDPR).");
        }
        if (content.Format != "pseudonymised")
        {
            yield return new Finding("format", "EHDS 67(2)(e)", "This version issues permits for pseudonymised data alone.");
        }
    }

    private static IEnumerable<Finding> Persons(ApplicationContent content, Applicant applicant)
    {
        var persons = content.Persons ?? [];
        if (!persons.Contains(applicant.Sub))
        {
            yield return new Finding("persons", "EHDS 67(2)(a)", "Name the applicant too.");
        }
        if (
            persons.Count > ContentLimits.MostPersons
            || persons.Distinct().Count() != persons.Count
            || persons.Any(person => person is null || !Sub().IsMatch(person))
        )
        {
            yield return new Finding(
                "persons",
                "EHDS 67(2)(a)",
                $"Name each person once by its subject id, at most {ContentLimits.MostPersons}."
            );
        }
    }

    private static IEnumerable<Finding> Spe(ApplicationContent content, Surroundings known, PolicyProfile profile, DateTimeOffset now)
    {
        if (string.IsNullOrWhiteSpace(content.Spe?.Reasons) || content.Spe.Reasons.Length > ContentLimits.LongestText)
        {
            yield return new Finding(
                "spe.reasons",
                "EHDS 67(2)(i)",
                $"Say why this environment fits, in 1 to {ContentLimits.LongestText} characters."
            );
        }
        if (known.Environment is not { } environment)
        {
            yield return new Finding("spe.party", "EHDS 73", "Choose a secure processing environment from the registry.");
        }
        else if (environment.WhyNot(profile, now) is { } why)
        {
            yield return new Finding("spe.party", "EHDS 73", why);
        }
    }

    private static IEnumerable<Finding> Duration(ApplicationContent content, PolicyProfile profile, DateTimeOffset now)
    {
        if (content.Period is not { From: { } from, To: { } to })
        {
            yield return new Finding("period", "EHDS 67(2)(h)", "Give the first and the last day.");
            yield break;
        }
        var today = NorwegianCalendar.DateAt(now);
        if (from < today.AddYears(-1) || from > today.AddYears(FarthestStartYears))
        {
            yield return new Finding("period.from", "EHDS 67(2)(h)", $"Begin within the next {FarthestStartYears} years.");
        }
        else if (to < from || to < today)
        {
            yield return new Finding("period.to", "EHDS 67(2)(h)", "The last day must not be before the first day or today.");
        }
        else
        {
            foreach (var finding in TooLong(content, profile))
            {
                yield return finding;
            }
        }
    }

    private static IEnumerable<Finding> TooLong(ApplicationContent content, PolicyProfile profile) =>
        // 68(12): the last day is included, hence the day before the anniversary is the latest.
        content.Period
            is { From: { } from, To: { } to }
        && to >= from.AddYears(profile.LongestPermitYears)
            ? [new Finding("period.to", "EHDS 68(12)", $"A permit lasts at most {profile.LongestPermitYears} years.")]
            : [];

    // NOR-10, -11: somebody must have the competence on the day on which it comes.
    private static IEnumerable<Finding> Competences(
        ApplicationContent content,
        Surroundings known,
        AuthorityRegister register,
        DateTimeOffset now
    )
    {
        var sources = content.Sources ?? [];
        for (var i = 0; i < sources.Count; i++)
        {
            if (
                sources[i].Source is { } source
                && known.Descriptions.GetValueOrDefault(source) is not null
                && register.CompetentFor(source, now) is null
            )
            {
                yield return new Finding($"sources[{i}].source", "EHDS 57(1)(a)", "No authority is competent for this source today.");
            }
        }
    }

    private static IEnumerable<Finding> Cohort(RequestedSource requested, string field, PolicyProfile profile) =>
        requested.ExpectedPersons is { } expected && expected >= profile.SmallestCohort
            ? []
            : [new Finding($"{field}.expectedPersons", "EHDS 66", $"Expect at least {profile.SmallestCohort} persons.")];

    private static IEnumerable<Finding> DeclaredAgainst(ApplicationContent content) =>
        ProhibitedUses
            .All.Where(use => content.DeclaredAgainst?.Contains(use) != true)
            .Select(use => new Finding("declaredAgainst", $"EHDS {use}", $"Declare that the data will not be used as {use} prohibits."));

    private static IEnumerable<Finding> Sources(ApplicationContent content, Surroundings known, PolicyProfile profile)
    {
        var sources = content.Sources ?? [];
        if (
            sources.Count is 0 or > ContentLimits.MostSources
            || sources.Select(source => source.Source).Distinct().Count() != sources.Count
        )
        {
            yield return new Finding("sources", "EHDS 67(2)(d)", $"Name 1 to {ContentLimits.MostSources} sources, each once.");
        }
        for (var i = 0; i < sources.Count; i++)
        {
            foreach (var finding in Source(sources[i], $"sources[{i}]", known, profile))
            {
                yield return finding;
            }
        }
    }

    private static IEnumerable<Finding> Source(RequestedSource requested, string field, Surroundings known, PolicyProfile profile)
    {
        foreach (var finding in Cohort(requested, field, profile))
        {
            yield return finding;
        }
        if (requested.Source is null || known.Descriptions.GetValueOrDefault(requested.Source) is not { } description)
        {
            yield return new Finding($"{field}.source", "EHDS 67(2)(d)", "The catalogue has no such source.");
            yield break;
        }
        var variables = requested.Variables ?? [];
        if (variables.Count is 0 or > ContentLimits.MostVariables || variables.Distinct().Count() != variables.Count)
        {
            yield return new Finding($"{field}.variables", "EHDS 66(1)", $"Name 1 to {ContentLimits.MostVariables} variables, each once.");
        }
        for (var i = 0; i < variables.Count; i++)
        {
            if (description.Columns.All(column => column.Name != variables[i]))
            {
                yield return new Finding($"{field}.variables[{i}]", "EHDS 67(2)(d)", "The source's description has no such variable.");
            }
        }
    }

    [GeneratedRegex(@"^[a-z][a-z0-9_]{0,39}\z")]
    private static partial Regex Name();

    [GeneratedRegex(@"^[a-z][a-z0-9-]{0,39}\z")]
    private static partial Regex Party();

    [GeneratedRegex(@"^[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex Sub();
}

/// <summary>Something that is missing or wrong.</summary>
/// <param name="Field">Path of the field.</param>
/// <param name="Article">The rule that asks for it.</param>
/// <param name="Message">What to do.</param>
public sealed record Finding(string Field, string Article, string Message);

/// <summary>What the neighbours say of what an application names: facts at the moment of asking.</summary>
/// <param name="Descriptions">Per source; null where the catalogue has none.</param>
/// <param name="Environment">The SPE; null where the registry has none.</param>
public sealed record Surroundings(IReadOnlyDictionary<string, SourceDescription?> Descriptions, EnvironmentFacts? Environment);

/// <summary>A source as the catalogue describes it.</summary>
public sealed record SourceDescription(string Holder, IReadOnlyList<DescribedColumn> Columns);

/// <summary>An SPE as the registry and the root of trust know it.</summary>
/// <param name="Party">Its party id.</param>
/// <param name="Status">The registry's word for it.</param>
/// <param name="ApprovedUntil">End of its approval.</param>
/// <param name="SigningKey">Thumbprint and sequence as registered.</param>
/// <param name="IsKeyStated">Whether the node's root has stated that very key.</param>
public sealed record EnvironmentFacts(string Party, string Status, DateTimeOffset? ApprovedUntil, PinnedKey? SigningKey, bool IsKeyStated)
{
    /// <summary>Why no permit can name it; null where one can.</summary>
    public string? WhyNot(PolicyProfile profile, DateTimeOffset now) =>
        Status == "suspended" ? "This environment is suspended."
        : profile.RequireApprovedSpe && (Status != "approved" || ApprovedUntil <= now) ? "This environment is not approved now."
        : SigningKey is null || !IsKeyStated ? "The signing key of this environment has no statement by the node's root."
        : null;
}

/// <summary>A signing key by its RFC 7638 thumbprint.</summary>
public sealed record PinnedKey(string Thumbprint, int Sequence);
