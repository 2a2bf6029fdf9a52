using System.Globalization;

namespace HealthDataNode.SyntheticRegisters;

/// <summary>A choice among values by weight.</summary>
internal sealed class Weighted<T>
{
    private readonly T[] _values;
    private readonly double[] _cumulative;

    public Weighted(IEnumerable<(T Value, double Weight)> choices)
    {
        var some = choices.Where(choice => choice.Weight > 0).ToArray();
        _values = [.. some.Select(choice => choice.Value)];
        _cumulative = new double[some.Length];
        var sum = 0.0;
        for (var n = 0; n < some.Length; n++)
            _cumulative[n] = sum += some[n].Weight;
    }

    public IReadOnlyList<T> Values => _values;

    public T Draw(ref Randomness random)
    {
        var at = random.Uniform() * _cumulative[^1];
        var n = 0;
        while (_cumulative[n] <= at && n < _values.Length - 1)
            n++;
        return _values[n];
    }
}

internal static class Weighted
{
    /// <summary>"a:2 b:1" as a choice.</summary>
    public static Weighted<string> Parse(string choices) => Parse(choices, text => text);

    public static Weighted<T> Parse<T>(string choices, Func<string, T> value) =>
        new(
            choices
                .Split(' ')
                .Select(choice =>
                {
                    var colon = choice.LastIndexOf(':');
                    return (value(choice[..colon]), double.Parse(choice[(colon + 1)..], CultureInfo.InvariantCulture));
                })
        );
}
