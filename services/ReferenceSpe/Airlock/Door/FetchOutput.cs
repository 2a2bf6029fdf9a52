using HealthDataNode.ReferenceSpe.Door;

namespace HealthDataNode.ReferenceSpe.Airlock.Door;

/// <summary><c>GET /v1/workspaces/{lineage}/outputs/{id}/files/{name}</c>: a released file, for the persons of the
/// permit. It is compared with the release once more before a byte of it leaves.</summary>
internal static class FetchOutput
{
    public static void Map(IEndpointRouteBuilder room) =>
        room.MapGet("/outputs/{id}/files/{name}", Handle)
            .WithSummary("Fetch a released file")
            .Produces(StatusCodes.Status200OK, contentType: "application/octet-stream")
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    private static IResult Handle(string lineage, string id, string name, HttpContext context, Outputs outputs, OutputFiles files)
    {
        if (
            outputs.Find(id) is not { State: OutputStates.Released } output
            || output.Lineage != lineage
            || output.Files.FirstOrDefault(file => file.Name == name) is not { } file
            || !files.AreAsChecked(output)
        )
        {
            return RoomFilter.NotFound();
        }

        outputs.Fetched(output, context.User.FindFirst("sub")!.Value, file.Name);
        return TypedResults.PhysicalFile(files.PathOf(output, file.Name), OutputFormats.MediaType(file.Type), file.Name);
    }
}
