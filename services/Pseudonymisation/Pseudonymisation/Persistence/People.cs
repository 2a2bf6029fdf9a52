namespace HealthDataNode.Pseudonymisation.Persistence;

/// <summary>What a person declared (EHDS 71). The person is 16 bytes under the register key.</summary>
public sealed class Declaration
{
    public const string Out = "out";
    public const string In = "in";

    public required long Number { get; init; }
    public required byte[] Person { get; init; }

    /// <summary><see cref="Out"/> or <see cref="In"/>.</summary>
    public required string Choice { get; init; }

    /// <summary>By which way it came: <c>citizen</c>, the person's own session.</summary>
    public required string Source { get; init; }
    public required DateTimeOffset At { get; init; }

    /// <summary>Hash over this declaration and the one before it, and so over the whole list.</summary>
    public required byte[] Chain { get; init; }
}

/// <summary>The list as a decision took it.</summary>
public sealed class OptOutList
{
    public required string Decision { get; init; }

    /// <summary>Number of its last declaration; 0 where there was none.</summary>
    public required long List { get; init; }
    public required byte[] Salt { get; init; }
    public required string Commitment { get; init; }
    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>The lineage whose permit named it first, and which alone may.</summary>
    public string? Lineage { get; set; }
}

/// <summary>A batch of the population register.</summary>
public sealed class PopulationBatch
{
    public required int Batch { get; init; }
    public required string Sha256 { get; init; }
    public required long Records { get; init; }
    public required long LastChange { get; init; }
    public required DateTimeOffset TakenAt { get; init; }
}

/// <summary>A change that the population register told.</summary>
public sealed class PopulationChange
{
    public required long Number { get; init; }

    /// <summary><c>N</c>, <c>D</c>, <c>P</c> or <c>O</c>, as in the record.</summary>
    public required string Kind { get; init; }
    public required DateOnly Date { get; init; }
    public required byte[] Person { get; init; }
    public byte[]? Other { get; init; }
}

/// <summary>A numbered file of aliases of a lineage; its content is computed again from the changes it covers.</summary>
public sealed class AliasFile
{
    public required string Lineage { get; init; }
    public required int Number { get; init; }
    public required long FromChange { get; init; }
    public required long ToChange { get; init; }
    public required long Records { get; init; }
    public required DateTimeOffset At { get; init; }
}
