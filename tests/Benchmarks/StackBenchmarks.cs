using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace HealthDataNode.Benchmarks;

/// <summary>
/// What the whole node costs: <c>./run --once --fresh</c> as anybody would type it, read from what it prints and from
/// journey.json. Figures of one run share it: the first figure's third run is the second figure's third run.
/// </summary>
internal sealed partial class StackBenchmarks(DirectoryInfo? data)
{
    private const int Persons = 10_000;
    private const int ManyPersons = 100_000;
    private const int Million = 1_000_000;
    private const int Revocations = 20;

    private readonly string directory = data?.FullName ?? Path.Combine(Root, ".cache", "bench");
    private readonly Dictionary<(int Persons, int Number), Run> runs = [];

    private static string Root { get; } = Machine.Output("git", "rev-parse", "--show-toplevel")?.Trim() ?? Environment.CurrentDirectory;

    private sealed record Run(string Printed, JsonNode Report);

    public IEnumerable<Benchmark> All =>
        [
            Figure("cold-start", "s", run => Number(ColdStart(), run.Printed)),
            Figure("memory", "MB (sum of PSS)", run => Number(Memory(), run.Printed)),
            Figure("journey", "s for 10,000 persons", run => Number(Journey(), run.Printed)),
            Figure("journey-rows", "rows/s", run => Number(Rows(), run.Printed)),
            Figure("journey-bytes", "MB/s", run => Number(Bytes(), run.Printed)),
            Revocation(),
            MemoryGrowth("memory-growth", Persons, ManyPersons),
            MemoryGrowth("memory-growth-million", ManyPersons, Million),
            Figure("journey-million", "s for 1,000,000 persons", run => Number(Journey(), run.Printed), Million),
            Figure("journey-million-rows", "rows/s", run => Number(Rows(), run.Printed), Million),
            Figure("journey-million-bytes", "MB/s", run => Number(Bytes(), run.Printed), Million),
        ];

    private Benchmark Figure(string name, string unit, Func<Run, double> read, int persons = Persons)
    {
        var number = 0;
        return new(name, unit, () => read(Nth(persons, number++)), WarmUp: false);
    }

    /// <summary>The slower of a closed room and a stopped transfer; a run has a series of them, each of a permit of its own.</summary>
    private Benchmark Revocation()
    {
        var measured = new Queue<double>();
        return new(
            "revocation",
            "ms from the answer to a closed room and a stopped transfer",
            () =>
            {
                if (measured.Count == 0)
                {
                    foreach (var revocation in Start(Persons, Revocations).Report["revocationsMs"]!.AsArray())
                    {
                        measured.Enqueue((double)revocation!);
                    }
                }
                return measured.Dequeue();
            },
            WarmUp: false
        );
    }

    /// <summary>The process whose peak memory grows most between the two sizes; it should not grow with the data.</summary>
    private Benchmark MemoryGrowth(string name, int fewer, int more)
    {
        var number = 0;
        return new(
            name,
            $"times (largest growth of a process's VmHWM from {fewer:N0} to {more:N0} persons)",
            () =>
            {
                var (few, many) = (Peaks(Nth(fewer, number)), Peaks(Nth(more, number++)));
                return few.Keys.Intersect(many.Keys).Max(process => many[process] / few[process]);
            },
            WarmUp: false
        );
    }

    private static Dictionary<string, double> Peaks(Run run) =>
        run.Report["peakRssKb"]!.AsObject().ToDictionary(peak => peak.Key, peak => (double)peak.Value!);

    private Run Nth(int persons, int number)
    {
        if (!runs.TryGetValue((persons, number), out var run))
        {
            run = Start(persons);
            runs.Add((persons, number), run);
        }
        return run;
    }

    private Run Start(int persons, int revocations = 1)
    {
        using var process = Process.Start(
            new ProcessStartInfo(
                Path.Combine(Root, "run"),
                ["--once", "--fresh", "--persons", persons.ToString(CultureInfo.InvariantCulture), "--data", directory]
            )
            {
                RedirectStandardOutput = true,
                Environment = { ["HDN_REVOCATIONS"] = revocations.ToString(CultureInfo.InvariantCulture) },
            }
        )!;
        var printed = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? new Run(printed, JsonNode.Parse(File.ReadAllText(Path.Combine(directory, "journey.json")))!)
            : throw new InvalidOperationException($"./run ended with {process.ExitCode}; see {directory}/logs.\n{printed}");
    }

    private static double Number(Regex pattern, string text) =>
        pattern.Match(text) is { Success: true } match ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : double.NaN;

    [GeneratedRegex(@"^cold start to all healthy +([0-9.]+) s", RegexOptions.Multiline)]
    private static partial Regex ColdStart();

    [GeneratedRegex(@"^memory of all processes +([0-9.]+) MB", RegexOptions.Multiline)]
    private static partial Regex Memory();

    [GeneratedRegex(@"^journey +([0-9.]+) s for", RegexOptions.Multiline)]
    private static partial Regex Journey();

    [GeneratedRegex(@"^journey .*transfer ([0-9.]+) rows/s", RegexOptions.Multiline)]
    private static partial Regex Rows();

    [GeneratedRegex(@"^journey .* ([0-9.]+) MB/s", RegexOptions.Multiline)]
    private static partial Regex Bytes();
}
