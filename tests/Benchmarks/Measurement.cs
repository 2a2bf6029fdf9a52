namespace HealthDataNode.Benchmarks;

/// <summary>Runs a benchmark as often as asked, after once to warm up where that is wanted.</summary>
internal static class Measurement
{
    public static Figure Take(Benchmark benchmark, int runs)
    {
        if (benchmark.WarmUp)
        {
            benchmark.Run();
        }
        var values = Enumerable.Range(0, runs).Select(_ => benchmark.Run()).Order().ToArray();
        var median = (values[(runs - 1) / 2] + values[runs / 2]) / 2;
        var beside = benchmark.Beside?.Invoke();
        return new(
            benchmark.Name,
            benchmark.Unit,
            Rounded(median),
            Rounded(values[0]),
            Rounded(values[^1]),
            beside,
            beside is null ? null : Rounded(median / beside.Median),
            Machine.Commit,
            Machine.Cpu
        );
    }

    private static double Rounded(double value) => Math.Round(value, value < 10 ? 2 : 0);
}
