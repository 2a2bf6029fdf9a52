using System.Security.Claims;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HealthDataNode.Edge.Features;

/// <summary><c>GET /session</c>: who is signed in, and the anti-forgery token to send as <c>X-CSRF</c>.</summary>
internal static class Session
{
    public sealed record Response(string Sub, string Name, string[] Roles, string Csrf);

    // Without the cast the method would be taken for a RequestDelegate, and its answer be lost.
    public static void Map(IEndpointRouteBuilder endpoints) => endpoints.MapGet("/session", (Delegate)Handle).AllowAnonymous();

    private static async Task<Results<Ok<Response>, ProblemHttpResult>> Handle(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        var session = await context.AuthenticateAsync(EdgeSchemes.Session);
        if (!session.Succeeded)
        {
            return Problem.Of(
                StatusCodes.Status401Unauthorized,
                "unauthenticated",
                "Nobody is signed in",
                "Open /signin?returnUrl=/ in a browser."
            );
        }

        var identity = new ClaimsIdentity(session.Principal.Claims);
        TokenValidation.AddRoles(identity);
        var name = string.Join(' ', identity.FindFirst("given_name")?.Value, identity.FindFirst("family_name")?.Value);
        return TypedResults.Ok(
            new Response(
                session.Principal.Sub(),
                name.Trim(),
                [.. identity.FindAll("role").Select(role => role.Value).Order(StringComparer.Ordinal)],
                session.Properties.Items[Identity.CsrfProperty]!
            )
        );
    }
}
