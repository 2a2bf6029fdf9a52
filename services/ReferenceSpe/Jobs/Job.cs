namespace HealthDataNode.ReferenceSpe.Jobs;

/// <summary>One job as it stands.</summary>
internal sealed record Job(
    string Id,
    string Lineage,
    string Sub,
    string Sql,
    string State,
    string? Class,
    int? Position,
    string? TraceParent
)
{
    public bool HasEnded => State is not (JobStates.Queued or JobStates.Running);
}

/// <summary>The states of a job.</summary>
internal static class JobStates
{
    public const string Queued = "queued";
    public const string Running = "running";
    public const string Done = "done";
    public const string Failed = "failed";
    public const string Refused = "refused";
}

/// <summary>Why a job failed or was refused: the whole list, and all that anybody outside the room is told.</summary>
internal static class JobErrors
{
    /// <summary>The SQL cannot be read.</summary>
    public const string Parser = "parser";

    /// <summary>A name or a type in the SQL does not fit.</summary>
    public const string Binder = "binder";

    /// <summary>A value could not be converted or computed with.</summary>
    public const string Conversion = "conversion";

    /// <summary>It needed more memory than a job has.</summary>
    public const string OutOfMemory = "out-of-memory";

    /// <summary>It took longer than a job may.</summary>
    public const string Timeout = "timeout";

    /// <summary>The room's results have the bytes that they may have: it was not begun.</summary>
    public const string OutOfSpace = "out-of-space";

    /// <summary>It asked for what no job may do, or the person may not enter any more.</summary>
    public const string Refused = "refused";

    /// <summary>Anything else.</summary>
    public const string Internal = "internal";

    /// <summary>The operating system here does not let jobs be shut in, so that there are none.</summary>
    public const string SandboxUnavailable = "sandbox-unavailable";

    /// <summary>What a job itself may say.</summary>
    public static IReadOnlyList<string> OfJobs { get; } = [Parser, Binder, Conversion, OutOfMemory, Refused, Internal];

    /// <summary>
    /// Whether the SQL alone decides where the error is. Of errors while it runs the position would be one more thing
    /// that a cell can choose.
    /// </summary>
    public static bool HasPosition(string error) => error is Parser or Binder;
}

/// <summary>How a job ended.</summary>
internal sealed record JobOutcome(string State, string? Class = null, int? Position = null)
{
    public static JobOutcome Done { get; } = new(JobStates.Done);

    public static JobOutcome Failed(string error, int? position = null) => new(JobStates.Failed, error, position);

    public static JobOutcome Refused(string error) => new(JobStates.Refused, error);
}
