using HealthDataNode.Protocol.Leases;
using HealthDataNode.ReferenceSpe.Ingress;
using HealthDataNode.ReferenceSpe.Node;
using HealthDataNode.ReferenceSpe.Rooms;
using HealthDataNode.ReferenceSpe.State;

namespace HealthDataNode.ReferenceSpe.Door;

/// <summary>
/// <c>GET /v1/workspaces</c>: the workspaces that the person may enter now, and the sources in each. The node is asked
/// about those whose permit names the person; one that is closed for the moment keeps no other from being shown.
/// </summary>
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
        var isUnknown = false;
        foreach (var some in lineages.All().Where(lineage => !rooms.IsOver(lineage) && IsNamed(lineage)).Chunk(QuestionsAtOnce))
        {
            var asked = await Task.WhenAll(some.Select(AskAsync));
            isUnknown |= asked.Contains(Access.Unknown);
            answers.AddRange(
                some.Where((_, i) => asked[i] == Access.Allowed).Select(lineage => new Response(lineage, deliveries.SourcesOf(lineage)))
            );
        }

        // Nothing is not said to be nothing where the node did not answer.
        return isUnknown && answers.Count == 0 ? RoomFilter.Unknown() : TypedResults.Ok(answers);

        bool IsNamed(string lineage) => lineages.PermitsOf(lineage).Exists(permit => permit.Payload.Persons.Contains(sub));

        async Task<Access> AskAsync(string lineage) =>
            await leases.SettledAsync(lineage, context.RequestAborted) switch
            {
                LeaseStanding.Good => await access.AskAsync(lineage, sub, context.RequestAborted),
                LeaseStanding.Ended => Access.Denied,
                _ => Access.Unknown,
            };
    }
}
