using HealthDataNode.Protocol.Documents;
using HealthDataNode.ReferenceSpe.Airlock.Checking;

namespace HealthDataNode.ReferenceSpe.Airlock;

/// <summary>One output request as it stands.</summary>
internal sealed record Output(
    string Id,
    string Lineage,
    string Sub,
    string Purpose,
    string Context,
    IReadOnlyList<AskedFile> Asked,
    string State = OutputStates.Checking,
    string? Digest = null
)
{
    /// <summary>The files as they were checked.</summary>
    public IReadOnlyList<ReleasedFile> Files { get; init; } = [];

    public IReadOnlyList<Finding> Findings { get; init; } = [];
}

/// <summary>One file that is to leave.</summary>
/// <param name="Job">The job that made it.</param>
/// <param name="File">Its name in the job's folder.</param>
/// <param name="Format">One of <see cref="OutputFormats"/>.</param>
/// <param name="Name">The name under which it leaves.</param>
/// <param name="Columns">What the requester says of a table's columns.</param>
internal sealed record AskedFile(string Job, string File, string Format, string Name, IReadOnlyDictionary<string, string> Columns);

/// <summary>The states of an output request.</summary>
internal static class OutputStates
{
    /// <summary>The automatic checks are not over.</summary>
    public const string Checking = "checking";

    /// <summary>The automatic checks found something, or the files were changed after the first vote.</summary>
    public const string Refused = "refused";

    /// <summary>It waits for two people.</summary>
    public const string Open = "open";

    /// <summary>Two people said yes: it may be fetched.</summary>
    public const string Released = "released";

    /// <summary>Somebody said no.</summary>
    public const string Rejected = "rejected";
}

/// <summary>The formats that leave a room.</summary>
internal static class OutputFormats
{
    public const string Csv = "csv";
    public const string Png = "png";
    public const string Jpeg = "jpeg";

    public static IReadOnlyList<string> All { get; } = [Csv, Png, Jpeg];

    public static string MediaType(string format) =>
        format switch
        {
            Csv => "text/csv; charset=utf-8",
            Png => "image/png",
            _ => "image/jpeg",
        };
}
