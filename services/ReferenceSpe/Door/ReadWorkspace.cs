using HealthDataNode.ReferenceSpe.Ingress;
using HealthDataNode.ReferenceSpe.Rooms;
using HealthDataNode.ReferenceSpe.State;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HealthDataNode.ReferenceSpe.Door;

/// <summary><c>GET /v1/workspaces/{lineage}</c>: what is in a workspace.</summary>
internal static class ReadWorkspace
{
    /// <summary>A workspace.</summary>
    /// <param name="Lineage">The permit's lineage.</param>
    /// <param name="Sources">The sources that have a table.</param>
    /// <param name="Aliases">How many pseudonyms became another's since they were delivered.</param>
    /// <param name="State">open: a closed one is not shown.</param>
    internal sealed record Response(string Lineage, IReadOnlyList<string> Sources, long Aliases, string State);

    public static void Map(IEndpointRouteBuilder room) =>
        room.MapGet("", Handle)
            .WithSummary("What is in a workspace")
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    private static Ok<Response> Handle(string lineage, Deliveries deliveries, AliasCounts aliases) =>
        TypedResults.Ok(new Response(lineage, deliveries.SourcesOf(lineage), aliases.Of(lineage).Pairs, RoomStates.Open));
}
