using HealthDataNode.SyntheticRegisters.Population;

namespace HealthDataNode.SyntheticRegisters.Disease;

/// <summary>Underlying and contributing causes (ICD-10), place and autopsy.</summary>
internal static class CausesOfDeath
{
    private const string Abroad = "abroad";
    private static readonly DateOnly Covid = new(2020, 3, 1);

    // By age below 1, 1-14, 15-44, 45-69, 70+; women first where the sexes differ.
    private static readonly Weighted<string> Infants = Weighted.Parse(
        "P07.2:22 Q24.9:18 P21.9:12 Q91.3:8 R95.9:14 P36.9:8 Q79.0:8 A41.9:4 G71.2:6"
    );
    private static readonly Weighted<string> Children = Weighted.Parse(
        "V89.2:16 Q24.9:14 G80.9:14 W74:8 G40.9:10 A41.9:7 J18.9:8 E88.9:9 R99:6 X59.9:8"
    );
    private static readonly Weighted<string>[] Young =
    [
        Weighted.Parse("X70:20 X61:14 X42:16 V89.2:10 G40.9:6 I42.9:5 I21.9:5 K70.3:6 E10.9:5 R99:7 J18.9:3 I60.9:3"),
        Weighted.Parse("X70:24 X42:23 V89.2:15 X72:6 I21.9:8 I42.9:4 K70.3:5 R99:8 W19:4 E10.9:3"),
    ];

    private static readonly Weighted<string>[] Middle =
    [
        Weighted.Parse(
            "I21.9:12 I25.1:7 J44.9:15 I61.9:6 I63.9:5 K70.3:6 G12.2:4 X42:4 X70:4 E11.9:5 I50.9:3 A41.9:4 J18.9:4 G35:3 G20:2 R99:6 G30.9:3 I64:3 U07.1:2"
        ),
        Weighted.Parse(
            "I21.9:22 I25.1:14 J44.9:10 I61.9:4 I63.9:4 K70.3:8 G12.2:3 X42:4 X70:6 E11.9:6 I50.9:3 A41.9:3 J18.9:3 W19:3 G20:2 R99:5 I71.3:2 U07.1:2"
        ),
    ];

    private static readonly Weighted<string>[] Old =
    [
        Weighted.Parse(
            "I21.9:9 I25.1:8 I50.9:7 I64:6 I63.9:7 I48.9:5 F03:14 G30.9:9 J44.9:7 J18.9:7 W19:5 E11.9:3 N18.9:3 A41.9:3 G20:2 I35.0:3 R54:2 U07.1:2"
        ),
        Weighted.Parse(
            "I21.9:13 I25.1:12 I50.9:6 I64:5 I63.9:6 I48.9:4 F03:8 G30.9:5 J44.9:9 J18.9:7 W19:5 E11.9:4 N18.9:4 A41.9:3 G20:4 I35.0:3 I71.3:2 U07.1:2"
        ),
    ];

    private static readonly Weighted<string> Metastases = Weighted.Parse("C78.7:32 C78.0:22 C79.5:22 C79.3:9 C77.9:9 C78.6:6");
    private static readonly Weighted<string> Contributing = Weighted.Parse(
        "J18.9:16 I48.9:12 I10:14 E11.9:10 I50.9:9 N18.9:7 J44.9:8 F03:6 I25.1:8 N39.0:5 A41.9:5"
    );

    // hospital, nursing home, home, abroad, elsewhere
    private static readonly Weighted<string> PlacesOfOldAge = Weighted.Parse("hospital:27 nursing-home:56 home:13 abroad:1 other:3");
    private static readonly Weighted<string> PlacesOfIllness = Weighted.Parse("hospital:46 nursing-home:24 home:23 abroad:2 other:5");
    private static readonly Weighted<string> PlacesOfViolence = Weighted.Parse("hospital:22 nursing-home:0 home:38 abroad:6 other:34");

    public static Death OfCancer(DateOnly date, int age, Tumour tumour, int stage, ref Randomness random)
    {
        var first = tumour.CanBeStaged && random.Chance(stage == 3 ? 0.75 : 0.25) ? Metastases.Draw(ref random) : "";
        if (first == "" && random.Chance(0.35))
            first = Other(tumour.Icd10, "", ref random);
        var second = first != "" && random.Chance(0.3) ? Other(tumour.Icd10, first, ref random) : "";
        var place = (age >= 75 ? PlacesOfOldAge : PlacesOfIllness).Draw(ref random);
        return new(date, age, tumour.Icd10, first, second, place, random.Chance(age < 40 ? 0.05 : 0.015));
    }

    public static Death OfOther(DateOnly date, int age, Sex sex, List<Tumour>? tumours, ref Randomness random)
    {
        var causes = age switch
        {
            < 1 => Infants,
            < 15 => Children,
            < 45 => Young[(int)sex],
            < 70 => Middle[(int)sex],
            _ => Old[(int)sex],
        };
        var underlying = causes.Draw(ref random);
        while (underlying == "U07.1" && date < Covid)
            underlying = causes.Draw(ref random);
        var violent = underlying[0] is 'V' or 'W' or 'X';
        var first =
            tumours is not null && random.Chance(0.55) ? tumours[^1].Icd10
            : age >= 45 && random.Chance(0.5) ? Other(underlying, "", ref random)
            : "";
        var second = first != "" && random.Chance(0.35) ? Other(underlying, first, ref random) : "";
        var place = (
            violent && age < 70 ? PlacesOfViolence
            : age >= 75 ? PlacesOfOldAge
            : PlacesOfIllness
        ).Draw(ref random);
        // An autopsy abroad does not reach the register.
        var autopsy =
            random.Chance(
                violent || age < 45 ? 0.62
                : age < 70 ? 0.12
                : 0.025
            )
            && place != Abroad;
        return new(date, age, underlying, first, second, place, autopsy);
    }

    private static string Other(string cause, string first, ref Randomness random)
    {
        while (true)
        {
            var code = Contributing.Draw(ref random);
            if (code != cause && code != first)
                return code;
        }
    }
}
