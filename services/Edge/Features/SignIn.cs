using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HealthDataNode.Edge.Features;

/// <summary><c>GET /signin?returnUrl=</c>: sends the browser to the issuer and afterwards to a page of the Edge.</summary>
internal static class SignIn
{
    public static void Map(IEndpointRouteBuilder endpoints) => endpoints.MapGet("/signin", Handle).AllowAnonymous();

    private static Results<ChallengeHttpResult, ProblemHttpResult> Handle(string? returnUrl) =>
        IsLocal(returnUrl ?? "/")
            ? TypedResults.Challenge(
                new AuthenticationProperties { RedirectUri = returnUrl ?? "/" },
                [EdgeSchemes.Issuer]
            )
            : Problem.Of(
                StatusCodes.Status400BadRequest,
                "return-url-not-local",
                "The return address is not of this node",
                "Send a path of the Edge in returnUrl, such as '/'."
            );

    // "//host" and "/\host" are other hosts to a browser.
    internal static bool IsLocal(string url) =>
        url.StartsWith('/')
        && !url.StartsWith("//", StringComparison.Ordinal)
        && !url.StartsWith("/\\", StringComparison.Ordinal)
        && !url.Any(char.IsControl);
}
