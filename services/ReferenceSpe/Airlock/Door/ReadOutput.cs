using HealthDataNode.ReferenceSpe.Door;

namespace HealthDataNode.ReferenceSpe.Airlock.Door;

/// <summary><c>GET /v1/workspaces/{lineage}/outputs/{id}</c>: how an output request stands.</summary>
internal static class ReadOutput
{
    public static void Map(IEndpointRouteBuilder room) =>
        room.MapGet("/outputs/{id}", Handle)
            .WithSummary("How an output request stands")
            .Produces<OutputView>()
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    private static IResult Handle(string lineage, string id, Outputs outputs) =>
        outputs.Find(id) is { } output && output.Lineage == lineage ? TypedResults.Ok(OutputView.Of(output)) : RoomFilter.NotFound();
}
