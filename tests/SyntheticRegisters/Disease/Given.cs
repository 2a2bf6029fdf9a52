namespace HealthDataNode.SyntheticRegisters.Disease;

/// <summary>
/// A row of the hospital trust's extract: one treatment that was given for a tumour. What a modality does not have
/// is empty: a procedure is surgery's, a substance and cycles a medicine's, dose and fractions radiotherapy's.
/// </summary>
internal sealed record Given(
    int Number,
    string Icd10,
    string Modality,
    string Intent,
    DateOnly Start,
    DateOnly? End,
    string Procedure,
    string Substance,
    int? Cycles,
    int? DoseGray,
    int? Fractions,
    string Outcome
);
