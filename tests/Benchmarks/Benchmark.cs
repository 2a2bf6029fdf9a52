namespace HealthDataNode.Benchmarks;

/// <summary>One figure: what it is called, in what unit, and one run of it.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Unit">In what; with rates above is better, with seconds, MB and times below.</param>
/// <param name="Run">One run.</param>
/// <param name="Beside">The same done by somebody else.</param>
/// <param name="WarmUp">Whether a first run is thrown away.</param>
internal sealed record Benchmark(string Name, string Unit, Func<double> Run, Func<Beside?>? Beside = null, bool WarmUp = true);

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
