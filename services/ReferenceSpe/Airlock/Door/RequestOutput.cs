using System.Text.RegularExpressions;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.ReferenceSpe.Airlock.Checking;
using HealthDataNode.ReferenceSpe.Door;
using HealthDataNode.ReferenceSpe.State;

namespace HealthDataNode.ReferenceSpe.Airlock.Door;

/// <summary><c>POST /v1/workspaces/{lineage}/outputs</c>: asks for files of jobs to leave the room (EHDS 73(2)).</summary>
internal static partial class RequestOutput
{
    private const string Result = "result.parquet";
    private const int LongestText = 4000;
    private const int MostColumns = 100;

    /// <summary>What is to leave, and what for. All of it leaves, or nothing.</summary>
    /// <param name="Files">The files.</param>
    /// <param name="Purpose">What they are for; it stands in the signed record of the release.</param>
    /// <param name="Context">What an output checker has to know to judge them.</param>
    internal sealed record Request(IReadOnlyList<RequestedFile?> Files, string Purpose, string Context);

    /// <summary>One of them.</summary>
    /// <param name="Job">The job that made it.</param>
    /// <param name="Format">csv, png or jpeg: how it leaves; a job's result, which is Parquet, leaves as csv.</param>
    /// <param name="File">The file in the job's folder; its result where none is named.</param>
    /// <param name="Name">The name under which it leaves, before the format's ending; the file's own where none is given.</param>
    /// <param name="Columns">Each column of a table: group, count or measure.</param>
    internal sealed record RequestedFile(
        string Job,
        string Format,
        string File = Result,
        string? Name = null,
        Dictionary<string, string>? Columns = null
    )
    {
        public AskedFile Asked => new(Job, File, Format, $"{Name ?? Path.GetFileNameWithoutExtension(File)}.{Format}", Columns ?? []);
    }

    public static void Map(IEndpointRouteBuilder room) =>
        room.MapPost("/outputs", Handle)
            .WithSummary("Ask for files of jobs to leave the room")
            .Produces<OutputView>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status429TooManyRequests)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    private static IResult Handle(
        string lineage,
        Request request,
        HttpContext context,
        Outputs outputs,
        AirlockPolicy policy,
        Lineages lineages,
        IAirlockRoom room
    )
    {
        var errors = Wrong(request, policy.MaximumFiles);
        if (errors.Count > 0)
        {
            return (
                ProtocolProblem.Of(
                    ProblemTypes.Invalid,
                    StatusCodes.Status400BadRequest,
                    "The output request was not taken",
                    "See errors."
                ) with
                {
                    Errors = errors,
                }
            ).ToResult();
        }

        List<AskedFile> asked = [.. request.Files.Select(file => file!.Asked)];
        if (lineages.HeadOf(lineage) is null || asked.Exists(file => room.Find(lineage, file.Job, file.File) is null))
        {
            return RoomFilter.NotFound();
        }

        var output = outputs.Request(lineage, context.User.FindFirst("sub")!.Value, request.Purpose, request.Context, asked);
        return output is null
            ? ProtocolProblem
                .Of(
                    ProblemTypes.Prefix + "too-many-outputs",
                    StatusCodes.Status429TooManyRequests,
                    "Too many requests of this room wait",
                    $"At most {Outputs.MostWaiting} may be in checking or open. Wait until one of them is decided, then ask again."
                )
                .ToResult()
            : TypedResults.Accepted($"/v1/workspaces/{lineage}/outputs/{output.Id}", OutputView.Of(output));
    }

    private static Dictionary<string, string[]> Wrong(Request request, int mostFiles)
    {
        var errors = new Dictionary<string, string[]>();
        Check("purpose", IsText(request.Purpose), $"Say what they are for, in at most {LongestText} characters.");
        Check("context", IsText(request.Context), $"Say what each table or figure shows, in at most {LongestText} characters.");
        Check("files", request.Files.Count >= 1 && request.Files.Count <= mostFiles, $"Name 1 to {mostFiles} files.");
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (i, file) in request.Files.Take(mostFiles).Index())
        {
            Check($"files[{i}]", file is not null, "Send job, format and columns of a file.");
            if (file is not null)
            {
                CheckFile($"files[{i}]", file, names);
            }
        }

        return errors;

        void CheckFile(string at, RequestedFile file, HashSet<string> names)
        {
            var columns = file.Columns ?? [];
            Check($"{at}.job", FileName().IsMatch(file.Job), "Send the id of a job of this room.");
            Check($"{at}.file", FileName().IsMatch(file.File), "Send the plain name of a file of the job.");
            Check($"{at}.format", OutputFormats.All.Contains(file.Format), $"Send one of {string.Join(", ", OutputFormats.All)}.");
            Check(
                $"{at}.name",
                FileName().IsMatch(file.Asked.Name) && names.Add(file.Asked.Name),
                "Send a plain name that no other file of the request has."
            );
            Check(
                $"{at}.columns",
                columns.Count <= MostColumns
                    && columns.All(column => column.Key.Length is > 0 and <= 100 && ColumnKinds.IsKnown(column.Value))
                    && (file.Format != OutputFormats.Csv || columns.ContainsValue(ColumnKinds.Count)),
                "Declare every column of the table as group, count or measure, and at least one count."
            );
        }

        void Check(string field, bool isGood, string what)
        {
            if (!isGood)
            {
                errors[field] = [what];
            }
        }
    }

    private static bool IsText(string text) => !string.IsNullOrWhiteSpace(text) && text.Length <= LongestText;

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex FileName();
}

/// <summary>What the requester is shown of an output request: never who votes, nor how many have.</summary>
/// <param name="Id">Its id.</param>
/// <param name="State">checking, refused, open, released or rejected.</param>
/// <param name="Digest">One digest over the files, once they are checked.</param>
/// <param name="Files">The names of the files.</param>
/// <param name="Findings">What the automatic checks found.</param>
internal sealed record OutputView(string Id, string State, string? Digest, IReadOnlyList<string> Files, IReadOnlyList<Finding> Findings)
{
    public static OutputView Of(Output output) =>
        new(output.Id, output.State, output.Digest, [.. output.Files.Select(file => file.Name)], output.Findings);
}
