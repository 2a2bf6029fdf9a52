using HealthDataNode.ReferenceSpe.Rooms;

namespace HealthDataNode.ReferenceSpe.Airlock.Door;

/// <summary><c>GET /v1/outputs/{id}/files/{name}</c>: a file, for an output checker to look at.</summary>
internal static class ReadOpenFile
{
    public static void Map(IEndpointRouteBuilder outputs) =>
        outputs
            .MapGet("/{id}/files/{name}", Handle)
            .WithSummary("A file of an output request")
            .Produces(StatusCodes.Status200OK, contentType: "application/octet-stream")
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status404NotFound);

    private static IResult Handle(string id, string name, HttpContext context, Outputs outputs, RoomLeases leases, OutputFiles files) =>
        ReadOpenOutput.Find(id, context, outputs, leases) is { } output
        && output.Files.FirstOrDefault(file => file.Name == name) is { } file
        && files.PathOf(output, file.Name) is var path
        && File.Exists(path)
            ? TypedResults.PhysicalFile(path, OutputFormats.MediaType(file.Type), file.Name)
            : ReadOpenOutput.NotFound();
}
