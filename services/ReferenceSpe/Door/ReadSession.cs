using HealthDataNode.Protocol.Problems;
using HealthDataNode.ReferenceSpe.Identity;
using Microsoft.AspNetCore.Authentication;

namespace HealthDataNode.ReferenceSpe.Door;

/// <summary><c>GET /session</c>: who is signed in, and the anti-forgery token to send as <c>X-CSRF</c>.</summary>
internal static class ReadSession
{
    internal sealed record Response(string Sub, string Csrf);

    // Without the cast the method would be taken for a RequestDelegate, and its answer be lost.
    public static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/session", (Delegate)HandleAsync)
            .AllowAnonymous()
            .WithTags("Door")
            .WithSummary("Who is signed in, and the anti-forgery token")
            .Produces<Response>()
            .ProducesProblem(StatusCodes.Status401Unauthorized);

    private static async Task<IResult> HandleAsync(HttpContext context)
    {
        var session = await context.AuthenticateAsync(Schemes.Session);
        return session.Succeeded
            ? TypedResults.Ok(new Response(session.Principal.FindFirst("sub")!.Value, Csrf.Of(session.Properties)!))
            : ProtocolProblem
                .Of(
                    ProblemTypes.Unauthenticated,
                    StatusCodes.Status401Unauthorized,
                    "Nobody is signed in",
                    "Open /signin?returnUrl=/session in a browser."
                )
                .ToResult();
    }
}
