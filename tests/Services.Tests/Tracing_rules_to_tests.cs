using System.Text;
using System.Text.RegularExpressions;

namespace HealthDataNode.Services.Tests;

/// <summary>
/// <c>architecture-docs/traceability.md</c> says which test holds which rule. It is made from the traits in the sources
/// of all tests; <c>UPDATE_GOLDEN=1 ./test --filter Tracing_rules</c> writes it anew.
/// </summary>
public sealed partial class Tracing_rules_to_tests
{
    private static readonly string[] Invariants =
    [
        "No access to an SPE without a permit in force, inside its dates, that names the person (EHDS 73(1)(a), 61(2))",
        "A dataset or variable reaches a workspace only if the permit names it (73(1)(d))",
        "No egress without a review, by somebody else than the requester (73(2), 55(3))",
        "The opt-out list is the one at the time of approval, committed to in the permit (71(3))",
        "Pseudonymised data needs a justification and a basis in GDPR 6(1), else anonymised (66, 67(4))",
        "A permit lasts at most 10 years and is extended at most once (68(12))",
        "Purposes 53(1)(a)-(c) only for public bodies; prohibited uses are declared against (53(2), 54)",
        "A fee estimate reaches the applicant before the decision (62(5))",
        "Every decision is published with its reasons within 30 working days (57(1)(j)(iii))",
        "Revocation stops access, and transfers in flight, within 5 seconds (63(3))",
        "Access logs last at least a year and show tampering (73(1)(e))",
        "An SPE whose approval has lapsed receives nothing from that second on",
        "No order to a holder before every approval that the source requires",
    ];

    // Parts of an invariant that come with a later issue, so that an empty place is not taken for a test.
    private const string Later = """
        Not built yet, and so without a test: of 6, the one extension and its request a month before the end (renewal); of 1 and 12,
        profile `NO-2023`'s gap accepted in writing by a named controller; of 10, the end of a cohort (the data plane's issue).


        """;

    [Fact]
    public void Is_written_down_as_the_tests_have_it()
    {
        var path = Path.Combine(PostgresFixture.Repository, "architecture-docs/traceability.md");
        var now = Document([.. Traces()]);
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(path, now);
        }
        Assert.True(File.ReadAllText(path) == now, $"{path} is out of date: run UPDATE_GOLDEN=1 ./test --filter Tracing_rules");
    }

    private static string Document(Trace[] traces)
    {
        var text = new StringBuilder(
            """
            # Which test holds which rule
            Made from the traits of the tests by `UPDATE_GOLDEN=1 ./test --filter Tracing_rules`; do not edit. A test fails when this
            file and the tests differ.


            """
        );
        var numbers = Enumerable.Range(1, Invariants.Length).Select(number => $"{number}");
        Section(text, "Invariants", numbers, traces, "Invariant", rule => $"{rule}. {Invariants[int.Parse(rule, null) - 1]}");
        text.Append(Later);
        foreach (var (kind, title) in new[] { ("Article", "Articles"), ("Requirement", "Requirements") })
        {
            var rules = traces
                .Where(trace => trace.Kind == kind)
                .Select(trace => trace.Rule)
                .Distinct()
                .OrderBy(Natural, StringComparer.Ordinal);
            Section(text, title, rules, traces, kind, rule => rule);
        }
        return text.ToString().TrimEnd() + "\n";
    }

    private static void Section(
        StringBuilder text,
        string title,
        IEnumerable<string> rules,
        Trace[] traces,
        string kind,
        Func<string, string> name
    )
    {
        text.Append($"## {title}\n| Rule | Tests |\n|---|---|\n");
        foreach (var rule in rules)
        {
            var tests = traces
                .Where(trace => trace.Kind == kind && trace.Rule == rule)
                .Select(trace => $"[{trace.Test}](../{trace.File})")
                .Distinct()
                .Order(StringComparer.Ordinal);
            text.Append($"| {name(rule)} | {string.Join("<br>", tests.DefaultIfEmpty("no test yet"))} |\n");
        }
        text.Append('\n');
    }

    // Sources, not assemblies: so the tests of the whole stack are in it, and nothing has to be loaded.
    private static IEnumerable<Trace> Traces() =>
        Directory
            .EnumerateFiles(Path.Combine(PostgresFixture.Repository, "tests"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !BuildOutput().IsMatch(file))
            .SelectMany(TracesIn);

    private static IEnumerable<Trace> TracesIn(string file)
    {
        var path = Path.GetRelativePath(PostgresFixture.Repository, file);
        var pending = new List<(string Kind, string Rule)>();
        var type = "";
        foreach (var line in File.ReadLines(file))
        {
            pending.AddRange(TraitText().Matches(line).Select(trait => (trait.Groups[1].Value, trait.Groups[2].Value)));
            if (Declaration().Match(line) is not { Success: true } declaration)
            {
                continue;
            }
            var name = declaration.Groups[2].Value.Replace('_', ' ');
            type = declaration.Groups[1].Success ? name : type;
            foreach (var (kind, rule) in pending)
            {
                yield return new Trace(kind, rule, declaration.Groups[1].Success ? name : $"{type}: {Lower(name)}", path);
            }
            pending.Clear();
        }
    }

    private static string Lower(string name) =>
        name.Length > 1 && char.IsLower(name[1]) ? char.ToLowerInvariant(name[0]) + name[1..] : name;

    private static string Natural(string rule) => Digits().Replace(rule, digits => digits.Value.PadLeft(6, '0'));

    private sealed record Trace(string Kind, string Rule, string Test, string File);

    [GeneratedRegex("""Trait\("(Invariant|Article|Requirement)",\s*"([^"]+)"\)""")]
    private static partial Regex TraitText();

    [GeneratedRegex(@"^\s*public (?:[a-z]+ )*(?:(class) |\S+ )(\w+)\s*(?:[(<:{]|$)")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Digits();

    [GeneratedRegex(@"/(bin|obj)/")]
    private static partial Regex BuildOutput();
}
