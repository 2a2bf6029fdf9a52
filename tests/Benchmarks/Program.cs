using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using HealthDataNode.Benchmarks;

var names = new Argument<string[]>("name") { Arity = ArgumentArity.ZeroOrMore, Description = "Which; all without one." };
var list = new Option<bool>("--list") { Description = "Prints the names." };
var runs = new Option<int>("--runs") { DefaultValueFactory = _ => 5 };
var json = new Option<FileInfo?>("--json") { Description = "Writes the figures here." };
var data = new Option<DirectoryInfo?>("--data")
{
    Description = "Where the stacks that are measured keep their files; .cache/bench without it.",
};
var command = new RootCommand("Measures what the node does.") { names, list, runs, json, data };
var parsed = command.Parse(args);
var asked = parsed.Errors.Count > 0 ? [] : parsed.GetValue(names)!;
var stack = new StackBenchmarks(parsed.Errors.Count > 0 ? null : parsed.GetValue(data));
List<Benchmark> known = [.. ProtocolBenchmarks.All, .. AirlockBenchmarks.All, .. OptOutBenchmarks.All, .. stack.All];
if (parsed.Errors.Count > 0 || parsed.GetValue(runs) < 1 || asked.Any(name => known.All(benchmark => benchmark.Name != name)))
{
    Console.Error.WriteLine(
        $"Usage: bench [NAME...] [--list] [--runs N] [--data DIR] --json FILE; names: {string.Join(' ', known.Select(b => b.Name))}"
    );
    return 2;
}
if (parsed.GetValue(list))
{
    known.ForEach(benchmark => Console.WriteLine(benchmark.Name));
    return 0;
}
var figures = known
    .Where(b => asked.Length == 0 || asked.Contains(b.Name))
    .Select(b => Measurement.Take(b, parsed.GetValue(runs)))
    .ToList();
figures.ForEach(f => Console.WriteLine($"{f.Name}: {f.Median} {f.Unit} ({f.Min} to {f.Max})"));
if (parsed.GetValue(json) is { } file)
    await File.WriteAllTextAsync(
        file.FullName,
        JsonSerializer.Serialize(
            figures,
            new JsonSerializerOptions(JsonSerializerDefaults.Web)
            {
                WriteIndented = true,
                NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
            }
        )
    );
return 0;
