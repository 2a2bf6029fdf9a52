using HealthDataNode.Protocol.Documents;

namespace HealthDataNode.ReferenceSpe.Airlock;

/// <summary>What may leave a room: the limits of the automatic checks, and whose output checkers decide.</summary>
internal sealed record AirlockPolicy
{
    /// <summary>
    /// The smallest count that is shown; below it a cell is suppressed (empty) or zero. A permit can be stricter.
    /// </summary>
    public required int Threshold { get; init; }

    /// <summary>The most rows of a table.</summary>
    public required int MaximumRows { get; init; }

    /// <summary>From so many rows on a column whose values are nearly all different is a list of persons.</summary>
    public required int UniqueRows { get; init; }

    /// <summary>From so many rows on one count that nearly all of them show is made up, and each is a person.</summary>
    public int SameCountRows { get; init; } = 20;

    /// <summary>So many rows may show no count, whatever their part of the table is, unless all do.</summary>
    public int HiddenRows { get; init; } = 5;

    /// <summary>The part of a table's rows that may show no count, per cent.</summary>
    public int MostHidden { get; init; } = 25;

    /// <summary>The most files of a request.</summary>
    public required int MaximumFiles { get; init; }

    /// <summary>The most bytes of a request's files together; what is packed in one is held to it too.</summary>
    public required long MaximumBytes { get; init; }

    /// <summary>How deep packed files are looked into; deeper ones are refused unseen.</summary>
    public required int Depth { get; init; }

    /// <summary>The most packed files that are looked at.</summary>
    public required int Entries { get; init; }

    /// <summary>The authorities whose output checkers decide.</summary>
    public required IReadOnlyList<string> Authorities { get; init; }

    /// <summary>The stricter of this and of what the permit says.</summary>
    public AirlockPolicy Under(PermitDocument permit) => this with { Threshold = Math.Max(Threshold, permit.SmallestCell ?? 0) };

    public static AirlockPolicy From(IConfiguration configuration) =>
        new()
        {
            Threshold = configuration.GetValue("Airlock:Threshold", 5),
            MaximumRows = configuration.GetValue("Airlock:MaximumRows", 10_000),
            UniqueRows = configuration.GetValue("Airlock:UniqueRows", 500),
            MaximumFiles = Math.Clamp(configuration.GetValue("Airlock:MaximumFiles", 20), 1, Release.MostFiles),
            MaximumBytes = configuration.GetValue("Airlock:MaximumMegabytes", 128L) << 20,
            Depth = configuration.GetValue("Airlock:Depth", 3),
            Entries = configuration.GetValue("Airlock:Entries", 1000),
            Authorities =
            [
                .. (configuration["Airlock:Authorities"] ?? "hdab").Split(
                    ',',
                    StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries
                ),
            ],
        };
}
