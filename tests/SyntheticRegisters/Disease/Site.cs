namespace HealthDataNode.SyntheticRegisters.Disease;

internal enum Treatments
{
    Solid,
    Lung,
    Prostate,
    Skin,
    Brain,
    Lymphoma,
    Blood,
}

/// <summary>A part of a site: ICD-10 with its ICD-O-3 topography, and its morphology where that goes with the code.</summary>
internal sealed record Subsite(string Icd10, string Topography, string? Morphology)
{
    /// <summary>"C34.1" (topography alike), "C61=C61.9", "C82.1=C77.8=9695/3".</summary>
    public static Subsite Parse(string text)
    {
        var parts = text.Split('=');
        return new(parts[0], parts.Length > 1 ? parts[1] : parts[0], parts.Length > 2 ? parts[2] : null);
    }
}

/// <summary>
/// A kind of cancer. The weights are shares in per cent of new cases, rounded after the yearly tables of Cancer in
/// Norway; the survivals are five-year relative ones by stage in per cent. Plausible, not statistics.
/// </summary>
internal sealed class Site(
    string name,
    double male,
    double female,
    double[] ages,
    string subsites,
    string morphologies,
    string stages,
    string survival,
    Treatments treatments = Treatments.Solid
)
{
    public static readonly string[] StageNames = ["I", "II", "III", "IV"];

    public string Name => name;
    public double Male => male;
    public double Female => female;
    public double[] Ages => ages;
    public Treatments Treatments => treatments;
    public Weighted<Subsite> Subsites { get; } = Weighted.Parse(subsites, Subsite.Parse);
    public Weighted<string>? Morphologies { get; } = morphologies == "" ? null : Weighted.Parse(morphologies);

    /// <summary>Null for what has no stages: leukaemia, tumours of the brain, unknown primary.</summary>
    public Weighted<int>? Stages { get; } =
        stages == "" ? null : Weighted.Parse(string.Join(' ', stages.Split(' ').Select((share, stage) => $"{stage}:{share}")), int.Parse);

    /// <summary>Hazard of death by the cancer per year, in the first five years, by stage (one where unstaged).</summary>
    public double[] Hazards { get; } = [.. survival.Split(' ').Select(share => -Logarithm.Natural(double.Parse(share) / 100) / 5)];
}
