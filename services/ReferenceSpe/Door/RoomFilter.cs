using HealthDataNode.Protocol.Leases;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.ReferenceSpe.Identity;
using HealthDataNode.ReferenceSpe.Node;
using HealthDataNode.ReferenceSpe.Rooms;
using HealthDataNode.ReferenceSpe.State;

namespace HealthDataNode.ReferenceSpe.Door;

/// <summary>Before anything about a workspace is said: does the node let this person in now? (EHDS 73(1)(a))</summary>
internal sealed class RoomFilter(AccessCheck access, RoomLeases leases, Lineages lineages) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (!HttpMethods.IsGet(http.Request.Method) && await Csrf.RefusalAsync(http) is { } forged)
        {
            return forged;
        }

        var lineage = (string)http.Request.RouteValues["lineage"]!;
        if (lineages.HeadOf(lineage) is not null)
        {
            switch (await leases.SettledAsync(lineage, http.RequestAborted))
            {
                case LeaseStanding.Ended:
                    return Deny(http, lineage);
                case LeaseStanding.Paused:
                    return Unknown();
            }
        }

        return await access.AskAsync(lineage, http.User.FindFirst("sub")!.Value, http.RequestAborted) switch
        {
            Access.Allowed => await next(context),
            Access.Denied => Deny(http, lineage),
            _ => Unknown(),
        };
    }

    /// <summary>No fresh answer: nobody enters, and nothing is lost by asking again.</summary>
    public static IResult Unknown() =>
        ProtocolProblem
            .Of(
                ProblemTypes.PermitStateUnknown,
                StatusCodes.Status503ServiceUnavailable,
                "The node does not say who may enter",
                "Nothing was done. Try again in a moment."
            )
            .ToResult();

    public static IResult NotFound() =>
        ProtocolProblem
            .Of(ProblemTypes.NotFound, StatusCodes.Status404NotFound, "Not found", "There is no such workspace or job, or it is not yours.")
            .ToResult();

    private static IResult Deny(HttpContext context, string lineage)
    {
        context.Items[RefusalRecorder.Named] = ("access-refused", lineage);
        return NotFound();
    }
}
