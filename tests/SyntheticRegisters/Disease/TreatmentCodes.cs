namespace HealthDataNode.SyntheticRegisters.Disease;

/// <summary>
/// Codes of what is done: NCSP for operations, ATC for medicines, by the category of the diagnosis. Those that are
/// common; an operation of a rare site is left without a code, as extracts often are.
/// </summary>
internal static class TreatmentCodes
{
    private static readonly Dictionary<string, Weighted<string>> Procedures = Table(
        "C16=JDC00:45 JDD00:55",
        "C18=JFB30:40 JFB31:25 JFB40:12 JFB46:23",
        "C19=JGB00:100",
        "C20=JGB00:70 JGB30:30",
        "C25=JLC30:80 JLC10:20",
        "C34=GDC00:55 GDC01:38 GDD00:7",
        "C43=QAE10:22 QBE10:40 QCE10:18 QDE10:20",
        "C44=QAE10:62 QBE10:16 QCE10:12 QDE10:10",
        "C50=HAB40:62 HAC20:38",
        "C54=LCD00:38 LCD01:62",
        "C56=LAF10:100",
        "C61=KEC00:14 KEC01:86",
        "C62=KFC10:100",
        "C64=KAC00:26 KAC01:44 KAD00:30",
        "C67=KCD02:76 KCC00:24",
        "C71=AAB00:100",
        "C73=BAA60:100"
    );

    private static readonly Weighted<string> Cytostatics = Weighted.Parse("L01XA01:30 L01BC05:20 L01CD01:25 L01XA02:25");
    private static readonly Dictionary<string, Weighted<string>> CytostaticsOf = Table(
        "C18=L01BC02:40 L01XA03:40 L01BC06:20",
        "C19=L01BC02:40 L01XA03:40 L01BC06:20",
        "C20=L01BC02:40 L01XA03:40 L01BC06:20",
        "C34=L01XA01:35 L01XA02:35 L01BA04:18 L01CD01:12",
        "C50=L01DB03:45 L01CD02:35 L01AA01:20",
        "C61=L01CD02:100",
        "C81=L01DB01:60 L01CA01:40",
        "C82=L01AA01:60 L01AA09:40",
        "C83=L01AA01:50 L01DB01:50",
        "C90=L01AA03:60 L01AA01:40",
        "C91=L01CA02:60 L01BB02:40",
        "C92=L01BC01:70 L01DB06:30"
    );

    private static readonly Weighted<string> Antibodies = Weighted.Parse("L01FF02:52 L01FF01:30 L01FF05:12 L01FX04:6");
    private static readonly Dictionary<string, Weighted<string>> AntibodiesOf = Table(
        "C34=L01FF02:60 L01FF03:25 L01FF05:15",
        "C82=L01FA01:100",
        "C83=L01FA01:100",
        "C85=L01FA01:100",
        "C90=L01FC01:100",
        "C91=L01FA01:100"
    );

    /// <summary>Every operation code that can come.</summary>
    public static IEnumerable<string> AllProcedures => Procedures.Values.SelectMany(choice => choice.Values);

    /// <summary>Every substance code that can come.</summary>
    public static IEnumerable<string> AllSubstances =>
        CytostaticsOf.Values.Concat(AntibodiesOf.Values).Append(Cytostatics).Append(Antibodies).SelectMany(choice => choice.Values);

    /// <summary>NCSP, or empty.</summary>
    public static string Procedure(string icd10, ref Randomness random) =>
        Procedures.TryGetValue(icd10[..3], out var choice) ? choice.Draw(ref random) : "";

    /// <summary>ATC of the main substance; empty where the modality is no medicine.</summary>
    public static string Substance(string icd10, string modality, ref Randomness random) =>
        modality switch
        {
            Treatment.Chemotherapy => CytostaticsOf.GetValueOrDefault(icd10[..3], Cytostatics).Draw(ref random),
            Treatment.Immunotherapy => AntibodiesOf.GetValueOrDefault(icd10[..3], Antibodies).Draw(ref random),
            _ => "",
        };

    // "C34=GDC00:55 GDC01:38": by category, a choice.
    private static Dictionary<string, Weighted<string>> Table(params string[] rows) =>
        rows.ToDictionary(row => row[..3], row => Weighted.Parse(row[4..]));
}
