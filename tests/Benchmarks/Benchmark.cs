namespace HealthDataNode.Benchmarks;

/// <summary>One figure: what it is called, in what unit, and one run of it. Above is better in every unit here.</summary>
internal sealed record Benchmark(string Name, string Unit, Func<double> Run, Func<Beside?>? Beside = null);

/// <summary>The same done by somebody else on this machine, for comparison.</summary>
internal sealed record Beside(string Name, string Version, string Command, double Median);

/// <summary>A line of the JSON file that `./bench` writes (fields as the contract of `./bench` names them).</summary>
internal sealed record Figure(
    string Name,
    string Unit,
    double Median,
    double Min,
    double Max,
    Beside? Beside,
    double? Ratio,
    string Commit,
    string Cpu
);
