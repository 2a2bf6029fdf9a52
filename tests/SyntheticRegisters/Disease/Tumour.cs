namespace HealthDataNode.SyntheticRegisters.Disease;

/// <summary>A row of the cancer registry. Empty stage: unstaged or not recorded; empty group: not in the comparison.</summary>
internal sealed record Tumour(
    int Number,
    DateOnly Diagnosed,
    int Age,
    string Icd10,
    string Topography,
    string Morphology,
    string Basis,
    string Stage,
    string Treatment,
    string Group,
    bool CanBeStaged
);

/// <summary>A row of the cause-of-death registry.</summary>
internal sealed record Death(
    DateOnly Date,
    int Age,
    string Underlying,
    string Contributing1,
    string Contributing2,
    string Place,
    bool Autopsy
);

/// <summary>What the registers know of a person at the end of follow-up.</summary>
internal sealed record LifeCourse(IReadOnlyList<Tumour> Tumours, Death? Death);
