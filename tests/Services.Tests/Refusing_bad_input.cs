using System.Reflection;
using System.Text.RegularExpressions;
using HealthDataNode.Gateway.Domain;

namespace HealthDataNode.Services.Tests;

/// <summary>
/// tests/refusals.csv names, for each kind of bad input, where it is judged (at the call: status and problem type; in
/// what was sent: the order's rejection code; in a job: its state; in an output: the airlock's rule; in an answer of
/// the node: it is ignored; or that it is taken in all the same) and the test that drives it, which takes from the row what
/// it expects (<see cref="RefusalRow"/>).
/// </summary>
public sealed class Refusing_bad_input
{
    private static readonly string[] JobStates = ["refused", "failed"];

    private static readonly string[] OutputRules =
    [
        "size",
        "type",
        "identifiers",
        "pseudonyms",
        "columns",
        "rows",
        "cells",
        "metadata",
        "changed",
    ];

    [Fact]
    public void Every_refusal_has_its_test()
    {
        var tests = typeof(Refusing_bad_input)
            .Assembly.GetTypes()
            .SelectMany(type => type.GetMethods().Where(IsTest).Select(method => $"{type.Name}.{method.Name}"))
            .ToHashSet(StringComparer.Ordinal);
        Assert.Equal([], RefusalRow.All.Where(row => !tests.Contains(row.Test)).Select(row => $"{row.Id}: {row.Test}"));
    }

    /// <summary>Whoever asks for a row is the test that it names (<see cref="RefusalRow"/>); here, that it asks.</summary>
    [Fact]
    public void Every_refusal_is_asked_for_by_its_test()
    {
        var sources = Directory
            .EnumerateFiles(Path.Combine(PostgresFixture.Repository, "tests/Services.Tests"), "*.cs", SearchOption.AllDirectories)
            .Select(File.ReadAllText)
            .ToList();
        Assert.Equal([], RefusalRow.All.Where(row => !sources.Exists(text => Asks(text, row))).Select(row => $"{row.Id}: {row.Test}"));
    }

    [Fact]
    public void Every_refusal_says_where_it_is_judged()
    {
        var codes = typeof(RejectionCodes).GetFields().Select(field => (string)field.GetValue(null)!).ToHashSet();
        var rows = RefusalRow.All;
        Assert.Equal(rows.Count, rows.Select(row => row.Id).Distinct().Count());
        Assert.All(
            rows,
            row =>
                Assert.True(
                    row.Judged switch
                    {
                        "call" => row.Answer is ['4', _, _] && row.Problem.Length > 0,
                        "order" => codes.Contains(row.Answer) && row.Problem.Length == 0,
                        "output" => OutputRules.Contains(row.Answer) && row.Problem.Length == 0,
                        // Looks bad and is not: what it must not do is get lost or change its order.
                        "taken" => row.Answer is ['2', _, _] && row.Problem.Length == 0,
                        "answer" => row.Answer == "ignored" && row.Problem.Length == 0,
                        "job" => JobStates.Contains(row.Answer) && row.Problem.Length == 0,
                        _ => false,
                    },
                    row.ToString()
                )
        );
    }

    private static bool IsTest(MethodInfo method) => method.GetCustomAttributes<FactAttribute>().Any();

    private static bool Asks(string text, RefusalRow row) =>
        Regex.IsMatch(text, $@"class {row.Test.Split('.')[0]}\b")
        && text.Contains($"\"{row.Id}\"", StringComparison.Ordinal)
        && text.Contains("RefusalRow.", StringComparison.Ordinal);
}
