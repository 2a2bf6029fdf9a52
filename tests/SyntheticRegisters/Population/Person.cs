namespace HealthDataNode.SyntheticRegisters.Population;

internal enum Sex
{
    Female,
    Male,
}

/// <summary>What is wrong with a person's number in the registers, if anything.</summary>
internal enum Flaw
{
    None,
    WrongControlDigit,
    DigitMissing,
}

/// <summary>Prints without the number: identifiers do not belong in logs, not even these.</summary>
internal sealed record Person(int Index, string Number, DateOnly Birth, Sex Sex, string County, bool DNumber, bool Only2032, Flaw Flaw)
{
    /// <summary>A D-number that the person had before <see cref="Number"/>, which some sources still carry; else null.</summary>
    public string? Earlier { get; init; }

    /// <summary>A number that the person was given after <see cref="Number"/>, which the latest source carries; else null.</summary>
    public string? Later { get; init; }

    public override string ToString() => "***";

    /// <summary>Whole years on a day; somebody born on 29 February turns a year older on 1 March.</summary>
    public int AgeOn(DateOnly day) => day.Year - Birth.Year - ((day.Month, day.Day).CompareTo((Birth.Month, Birth.Day)) < 0 ? 1 : 0);
}
