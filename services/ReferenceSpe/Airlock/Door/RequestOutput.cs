using System.Text.RegularExpressions;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.ReferenceSpe.Airlock.Checking;
using HealthDataNode.ReferenceSpe.Door;

namespace HealthDataNode.ReferenceSpe.Airlock.Door;

/// <summary><c>POST /v1/workspaces/{lineage}/outputs</c>: asks for a job's file to leave the room (EHDS 73(2)).</summary>
internal static partial class RequestOutput
{
    private const string Result = "result.parquet";
    private const int LongestText = 4000;
    private const int MostColumns = 100;

    /// <summary>What is to leave, and what for.</summary>
    /// <param name="Job">The job that made it.</param>
    /// <param name="Format">csv, parquet, png or jpeg: how it leaves.</param>
    /// <param name="Purpose">What it is for; it stands in the public register.</param>
    /// <param name="Context">What an output checker has to know to judge it.</param>
    /// <param name="Columns">Each column of a table: group, count or measure.</param>
    /// <param name="File">The file in the job's folder; its result where none is named.</param>
    internal sealed record Request(
        string Job,
        string Format,
        string Purpose,
        string Context,
        Dictionary<string, string>? Columns = null,
        string? File = null
    );

    public static void Map(IEndpointRouteBuilder room) =>
        room.MapPost("/outputs", Handle)
            .WithSummary("Ask for a job's file to leave the room")
            .Produces<OutputView>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status429TooManyRequests)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    private static IResult Handle(string lineage, Request request, HttpContext context, Outputs outputs, IAirlockRoom room)
    {
        var errors = Wrong(request);
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

        var file = request.File ?? Result;
        if (room.PermitOf(lineage) is null || room.LengthOf(lineage, request.Job, file) is null)
        {
            return RoomFilter.NotFound();
        }

        var output = outputs.Request(
            lineage,
            context.User.FindFirst("sub")!.Value,
            new Output(
                "",
                lineage,
                "",
                request.Job,
                file,
                request.Format,
                request.Purpose,
                request.Context,
                request.Columns ?? [],
                OutputStates.Checking,
                null,
                [],
                []
            )
        );
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

    private static Dictionary<string, string[]> Wrong(Request request)
    {
        var errors = new Dictionary<string, string[]>();
        Check(errors, "job", FileName().IsMatch(request.Job), "Send the id of a job of this room.");
        Check(errors, "file", request.File is null || FileName().IsMatch(request.File), "Send the plain name of a file of the job.");
        Check(errors, "format", OutputFormats.All.Contains(request.Format), $"Send one of {string.Join(", ", OutputFormats.All)}.");
        Check(errors, "purpose", IsText(request.Purpose), $"Say what it is for, in at most {LongestText} characters.");
        Check(errors, "context", IsText(request.Context), $"Say what the table or figure shows, in at most {LongestText} characters.");
        var columns = request.Columns ?? [];
        Check(
            errors,
            "columns",
            columns.Count <= MostColumns
                && columns.All(column => column.Key.Length is > 0 and <= 100 && ColumnKinds.IsKnown(column.Value))
                && (!OutputFormats.IsTable(request.Format) || columns.ContainsValue(ColumnKinds.Count)),
            "Declare every column of the table as group, count or measure, and at least one count."
        );
        return errors;
    }

    private static bool IsText(string text) => !string.IsNullOrWhiteSpace(text) && text.Length <= LongestText;

    private static void Check(Dictionary<string, string[]> errors, string field, bool isGood, string what)
    {
        if (!isGood)
        {
            errors[field] = [what];
        }
    }

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
