using HealthDataNode.Protocol.Problems;
using HealthDataNode.ReferenceSpe.Identity;
using Microsoft.AspNetCore.Authentication;

namespace HealthDataNode.ReferenceSpe.Door;

/// <summary><c>GET /signin?returnUrl=</c>: sends the browser to the issuer and afterwards to a path of the door.</summary>
internal static class SignIn
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/signin", Handle)
            .AllowAnonymous()
            .WithTags("Door")
            .WithSummary("Sends a browser to the issuer and back to a path of this door")
            .Produces(StatusCodes.Status302Found)
            .ProducesProblem(StatusCodes.Status400BadRequest);

    private static IResult Handle(string? returnUrl) =>
        IsLocal(returnUrl ?? "/")
            ? TypedResults.Challenge(new AuthenticationProperties { RedirectUri = returnUrl ?? "/" }, [Schemes.Issuer])
            : ProtocolProblem
                .Of(
                    ProblemTypes.Prefix + "return-url-not-local",
                    StatusCodes.Status400BadRequest,
                    "The return address is not of this door",
                    "Send a path in returnUrl, such as '/'."
                )
                .ToResult();

    // "//host" and "/\host" are other hosts to a browser.
    private static bool IsLocal(string url) =>
        url.StartsWith('/')
        && !url.StartsWith("//", StringComparison.Ordinal)
        && !url.StartsWith("/\\", StringComparison.Ordinal)
        && !url.Any(char.IsControl);
}
