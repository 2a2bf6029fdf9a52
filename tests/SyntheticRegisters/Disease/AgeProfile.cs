namespace HealthDataNode.SyntheticRegisters.Disease;

/// <summary>How a site's share among all tumours varies over the age bands 0-14, 15-29, 30-49, 50-69, 70+.</summary>
internal static class AgeProfile
{
    public const int Bands = 5;

    public static readonly double[] Adult = [0, .05, .7, 1, 1];
    public static readonly double[] Old = [0, 0, .25, .95, 1.2];
    public static readonly double[] Middle = [0, .3, 1.5, 1.1, .75];
    public static readonly double[] YoungAdult = [.3, 12, 5, .5, .3];
    public static readonly double[] Any = [15, 4, 1.2, 1, .9];
    public static readonly double[] Child = [120, 6, .4, .2, .2];
    public static readonly double[] ChildOnly = [100, 1, 0, 0, 0];

    public static int Band(int age) =>
        age switch
        {
            < 15 => 0,
            < 30 => 1,
            < 50 => 2,
            < 70 => 3,
            _ => 4,
        };
}
