namespace HealthDataNode.SyntheticRegisters.Disease;

/// <summary>A hazard per year, constant within each year of age, as its running sum.</summary>
internal sealed class CumulativeHazard
{
    public const int Oldest = 112;
    private readonly double[] _sum = new double[Oldest + 1];

    public CumulativeHazard(Func<int, double> perYear)
    {
        for (var age = 0; age < Oldest; age++)
            _sum[age + 1] = _sum[age] + perYear(age);
    }

    public double At(double age)
    {
        if (age >= Oldest)
            return _sum[Oldest];
        var year = (int)age;
        return _sum[year] + (_sum[year + 1] - _sum[year]) * (age - year);
    }

    /// <summary>The age at which the sum is reached; <see cref="Oldest"/> where it never is.</summary>
    public double AgeAt(double sum)
    {
        if (sum >= _sum[Oldest])
            return Oldest;
        var found = Array.BinarySearch(_sum, sum);
        var year = found >= 0 ? found : ~found - 1;
        return year + (sum - _sum[year]) / (_sum[year + 1] - _sum[year]);
    }
}
