namespace HealthDataNode.SyntheticRegisters.Population;

/// <summary>The population of one seed: person i is a function of the seed and i, and of nothing else.</summary>
internal sealed class People(ulong seed)
{
    public const double InvalidShare = 0.003;
    public const double Only2032Share = 0.02;
    public const double DNumberShare = 0.035;

    /// <summary>Known by a D-number before, which a source or two still carry.</summary>
    public const double EarlierShare = 0.03;

    /// <summary>Of those, given yet another number afterwards: a chain of two changes.</summary>
    public const double LaterShare = 0.05;

    // Statistics Norway's county numbers as of 2024, weighted by inhabitants in thousands.
    private static readonly Weighted<string> Counties = Weighted.Parse(
        "03:717 11:499 15:270 18:243 31:312 32:728 33:270 34:376 39:257 40:177 42:319 46:651 50:482 55:169 56:75"
    );

    private readonly IdentityNumbers _numbers = new();
    private readonly IndexPermutation _slots = new(seed, BirthDates.Slots);

    public Person At(int index)
    {
        var random = new Randomness(seed, (ulong)index, Purpose.Identity);
        var (birth, rank) = BirthDates.Of(_slots.At(index));
        var dNumber = random.Chance(DNumberShare);
        var only2032 = random.Chance(Only2032Share);
        var sex = only2032 ? (random.Chance(0.5) ? Sex.Male : Sex.Female) : (Sex)(rank % 2);
        var number = only2032 ? _numbers.Later(birth, rank, dNumber) : _numbers.Ordinary(birth, rank, dNumber);
        var flaw =
            !random.Chance(InvalidShare) ? Flaw.None
            : random.Chance(0.6) ? Flaw.WrongControlDigit
            : Flaw.DigitMissing;
        number = flaw switch
        {
            // k2 follows from the ten digits before it under both rules, so any other digit is wrong under both.
            Flaw.WrongControlDigit => number[..10] + (char)('0' + (number[10] - '0' + 1 + random.Below(9)) % 10),
            Flaw.DigitMissing => number[..10],
            _ => number,
        };
        var county = Counties.Draw(ref random);
        // Nobody else has these either: both come from the person's own place among those born that day.
        var earlier = random.Chance(EarlierShare) && !dNumber && !only2032 && flaw == Flaw.None;
        var later = random.Chance(LaterShare) && earlier;
        return new(index, number, birth, sex, county, dNumber, only2032 && flaw == Flaw.None, flaw)
        {
            Earlier = earlier ? _numbers.Ordinary(birth, rank, dNumber: true) : null,
            Later = later ? _numbers.Later(birth, rank, dNumber: false) : null,
        };
    }

    /// <summary>The same person, who had a D-number before; only of one with an ordinary number of today.</summary>
    public Person KnownEarlier(Person person)
    {
        var (birth, rank) = BirthDates.Of(_slots.At(person.Index));
        return person with { Earlier = _numbers.Ordinary(birth, rank, dNumber: true) };
    }
}
