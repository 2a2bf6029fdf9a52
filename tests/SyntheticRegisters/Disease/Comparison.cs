namespace HealthDataNode.SyntheticRegisters.Disease;

/// <summary>
/// The comparison whose answer is known: everybody whose first tumour is a lung cancer of stage III or IV, verified
/// by microscope, is given `standard` (chemotherapy) or `new` (immunotherapy) by a fair coin. From the diagnosis on,
/// the hazard of death of any cause is constant within a stage, and `new` multiplies it by the effect. So deaths per
/// person-day of `new` divided by those of `standard` estimate the effect, by stage or not.
/// </summary>
internal sealed record Comparison(double Effect)
{
    public const string Standard = "standard";
    public const string New = "new";

    public static bool Takes(Site site, int stage, int number) => number == 1 && site.Name == Sites.Lung && stage >= 2;

    /// <summary>Years from diagnosis to death.</summary>
    public double Years(double hazard, bool isNew, ref Randomness random) => random.Exponential() / (isNew ? hazard * Effect : hazard);
}
