using HealthDataNode.Protocol.Leases;
using HealthDataNode.ReferenceSpe.Ingress;
using HealthDataNode.ReferenceSpe.Node;
using HealthDataNode.ReferenceSpe.Rooms;
using HealthDataNode.ReferenceSpe.State;

namespace HealthDataNode.ReferenceSpe.Door;

/// <summary><c>GET /v1/workspaces</c>: the workspaces that the person may enter now, and the sources in each.</summary>
internal static class ListWorkspaces
{
    private const int QuestionsAtOnce = 4;

    internal sealed record Response(string Lineage, IReadOnlyList<string> Sources);

    public static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/workspaces", HandleAsync)
            .WithSummary("The workspaces that the person may enter now")
            .Produces<Response[]>()
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    private static async Task<IResult> HandleAsync(
        HttpContext context,
        Lineages lineages,
        Deliveries deliveries,
        AccessCheck access,
        RoomLeases leases,
        RoomStates rooms
    )
    {
        var sub = context.User.FindFirst("sub")!.Value;
        var answers = new List<Response>();
        foreach (var some in lineages.All().Where(lineage => !rooms.IsOver(lineage)).Chunk(QuestionsAtOnce))
        {
            var asked = await Task.WhenAll(some.Select(AskAsync));
            if (asked.Contains(Access.Unknown))
            {
                return RoomFilter.Unknown();
            }

            answers.AddRange(
                some.Where((_, i) => asked[i] == Access.Allowed).Select(lineage => new Response(lineage, deliveries.SourcesOf(lineage)))
            );
        }

        return TypedResults.Ok(answers);

        async Task<Access> AskAsync(string lineage) =>
            await leases.SettledAsync(lineage, context.RequestAborted) switch
            {
                LeaseStanding.Good => await access.AskAsync(lineage, sub, context.RequestAborted),
                LeaseStanding.Ended => Access.Denied,
                _ => Access.Unknown,
            };
    }
}
