using HealthDataNode.Protocol.Problems;
using HealthDataNode.ReferenceSpe.Rooms;

namespace HealthDataNode.ReferenceSpe.Airlock.Door;

/// <summary><c>GET /v1/outputs/{id}</c>: one request, for an output checker who may judge it.</summary>
internal static class ReadOpenOutput
{
    public static void Map(IEndpointRouteBuilder outputs) =>
        outputs
            .MapGet(
                "/{id}",
                (string id, HttpContext context, Outputs all, RoomLeases leases) =>
                    Find(id, context, all, leases) is { } output
                        ? TypedResults.Ok(OpenOutputView.Of(output, all.HasVoted(id, context.User.FindFirst("sub")!.Value)))
                        : NotFound()
            )
            .WithSummary("One output request")
            .Produces<OpenOutputView>()
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status404NotFound);

    /// <summary>Null where it waits for nobody, its room is closed, or the person has a part in it.</summary>
    public static Output? Find(string id, HttpContext context, Outputs outputs, RoomLeases leases) =>
        outputs.Find(id) is { State: OutputStates.Open } output
        && leases.IsOpen(output.Lineage)
        && !outputs.IsPartial(output, context.User.FindFirst("sub")!.Value)
            ? output
            : null;

    public static IResult NotFound() =>
        ProtocolProblem
            .Of(
                ProblemTypes.NotFound,
                StatusCodes.Status404NotFound,
                "Not found",
                "There is no such output request, it is decided, or its room is closed. Read GET /v1/outputs again."
            )
            .ToResult();
}

/// <summary>What an output checker is shown: never who asked, nor whether somebody else has voted.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Lineage">The permit's lineage, as the public register has it.</param>
/// <param name="Purpose">What it is for.</param>
/// <param name="Context">What the requester says of it.</param>
/// <param name="Digest">What a vote is over: all the files.</param>
/// <param name="Files">The files.</param>
/// <param name="HasVoted">Whether this person has voted.</param>
internal sealed record OpenOutputView(
    string Id,
    string Lineage,
    string Purpose,
    string Context,
    string Digest,
    IReadOnlyList<OpenFileView> Files,
    bool HasVoted
)
{
    public static OpenOutputView Of(Output output, bool hasVoted) =>
        new(
            output.Id,
            output.Lineage,
            output.Purpose,
            output.Context,
            output.Digest!,
            [
                .. output.Files.Zip(
                    output.Asked,
                    (file, asked) => new OpenFileView(file.Name, file.Type, file.Length, file.Sha256, asked.Columns)
                ),
            ],
            hasVoted
        );
}

/// <summary>A file of a request.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">csv, png or jpeg.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Sha256">Its SHA-256, lower-case hex.</param>
/// <param name="Columns">What the requester says of a table's columns.</param>
internal sealed record OpenFileView(string Name, string Type, long Length, string Sha256, IReadOnlyDictionary<string, string> Columns);
