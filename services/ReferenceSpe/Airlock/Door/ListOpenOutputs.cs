using HealthDataNode.ReferenceSpe.Rooms;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HealthDataNode.ReferenceSpe.Airlock.Door;

/// <summary><c>GET /v1/outputs</c>: what waits for this output checker.</summary>
internal static class ListOpenOutputs
{
    public static void Map(IEndpointRouteBuilder outputs) =>
        outputs
            .MapGet("", Handle)
            .WithSummary("The output requests that wait for this output checker")
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden);

    private static Ok<OpenOutputView[]> Handle(HttpContext context, Outputs outputs, RoomLeases leases)
    {
        var sub = context.User.FindFirst("sub")!.Value;
        return TypedResults.Ok(
            outputs
                .In(OutputStates.Open)
                .Where(output => leases.IsOpen(output.Lineage) && !outputs.IsPartial(output, sub))
                .Select(output => OpenOutputView.Of(output, outputs.HasVoted(output.Id, sub)))
                .ToArray()
        );
    }
}
