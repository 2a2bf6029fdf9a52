using HealthDataNode.Edge.Sessions;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HealthDataNode.Edge.Features;

/// <summary><c>GET /signin?returnUrl=</c>: sends the browser to the issuer and afterwards to a page of the Edge.</summary>
internal static class SignIn
{
    public static void Map(IEndpointRouteBuilder endpoints) => endpoints.MapGet("/signin", (Delegate)Handle).AllowAnonymous();

    private static async Task<Results<EmptyHttpResult, ProblemHttpResult>> Handle(HttpContext context, string? returnUrl)
    {
        if (!IsLocal(returnUrl ?? "/"))
        {
            return Problem.Of(
                StatusCodes.Status400BadRequest,
                "return-url-not-local",
                "The return address is not of this node",
                "Send a path of the Edge in returnUrl, such as '/'."
            );
        }

        try
        {
            await context.ChallengeAsync(EdgeSchemes.Issuer, new AuthenticationProperties { RedirectUri = returnUrl ?? "/" });
            return TypedResults.Empty;
        }
        catch (Exception error) when (IssuerClient.IsUnreachable(error))
        {
            return IssuerClient.Unavailable();
        }
    }

    // "//host" and "/\host" are other hosts to a browser.
    internal static bool IsLocal(string url) =>
        url.StartsWith('/')
        && !url.StartsWith("//", StringComparison.Ordinal)
        && !url.StartsWith("/\\", StringComparison.Ordinal)
        && !url.Any(char.IsControl);
}
