namespace HealthDataNode.SyntheticRegisters;

/// <summary>
/// SplitMix64 keyed by seed, index and purpose. Our own, because System.Random promises no stable sequence, and
/// keyed, because person i must be the same however many are made before it.
/// </summary>
internal struct Randomness(ulong seed, ulong index, Purpose purpose)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private ulong _state = Mix(Mix(seed + Golden) ^ Mix((index << 3 | (ulong)purpose) + 0xD1B54A32D192ED03));

    public ulong Next() => Mix(_state += Golden);

    /// <summary>Uniform in [0, 1), 53 bits.</summary>
    public double Uniform() => (Next() >> 11) * (1.0 / (1UL << 53));

    public bool Chance(double probability) => Uniform() < probability;

    public int Below(int bound) => (int)(Uniform() * bound);

    /// <summary>Exponential with mean 1.</summary>
    public double Exponential() => -Logarithm.Natural(1 - Uniform());

    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}

internal enum Purpose
{
    Identity,
    Disease,
    Death,
    Treatment,
    History,
}
