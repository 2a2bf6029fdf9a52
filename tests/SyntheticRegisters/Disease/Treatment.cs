namespace HealthDataNode.SyntheticRegisters.Disease;

/// <summary>The main treatment, by kind of cancer and stage.</summary>
internal static class Treatment
{
    public const string Surgery = "surgery";
    public const string Radiotherapy = "radiotherapy";
    public const string Chemotherapy = "chemotherapy";
    public const string Immunotherapy = "immunotherapy";
    public const string None = "none";

    private static readonly string[] Names = [Surgery, Radiotherapy, Chemotherapy, Immunotherapy, None];

    // Stages I-IV in weights of the names above; one row for what has no stages.
    private static readonly Dictionary<Treatments, Weighted<string>[]> Table = new()
    {
        [Treatments.Solid] = Rows("88 6 1 0 5", "78 9 8 1 4", "52 16 24 3 5", "10 15 43 10 22"),
        [Treatments.Lung] = Rows("66 26 1 0 7", "58 22 10 3 7", "12 36 28 12 12", "1 20 36 21 22"),
        [Treatments.Prostate] = Rows("24 22 0 0 54", "46 39 0 0 15", "30 60 3 0 7", "3 24 43 2 28"),
        [Treatments.Skin] = Rows("98 1 0 0 1", "94 3 0 2 1", "72 6 1 19 2", "16 13 7 48 16"),
        [Treatments.Brain] = Rows("64 20 5 0 11"),
        [Treatments.Lymphoma] = Rows("5 40 38 9 8", "2 22 60 10 6", "1 8 70 13 8", "1 5 69 14 11"),
        [Treatments.Blood] = Rows("0 3 62 14 21", "0 4 66 16 14", "0 4 68 15 13", "0 4 68 15 13"),
    };

    public static string Draw(Treatments kind, int stage, ref Randomness random) => Table[kind][stage].Draw(ref random);

    private static Weighted<string>[] Rows(params string[] rows) =>
        [.. rows.Select(row => new Weighted<string>(row.Split(' ').Select((weight, n) => (Names[n], double.Parse(weight)))))];
}
