using HealthDataNode.Edge.Sessions;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HealthDataNode.Edge.Features;

/// <summary><c>POST /signout</c>, with <c>X-CSRF</c>: ends the session here and at the issuer.</summary>
internal static class SignOut
{
    public static void Map(IEndpointRouteBuilder endpoints) => endpoints.MapPost("/signout", Handle).AllowAnonymous();

    private static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        HttpContext context,
        SessionStore sessions,
        IssuerClient issuer,
        ILoggerFactory logs
    )
    {
        var session = await context.AuthenticateAsync(EdgeSchemes.Session);
        if (!session.Succeeded)
        {
            return TypedResults.NoContent();
        }

        if (!Csrf.IsValid(context, session.Properties))
        {
            return Csrf.Refuse();
        }

        var key = session.Properties.Items[SessionStore.KeyProperty]!;
        var tokens = await sessions.ReadTokensAsync(key, context.RequestAborted);
        await context.SignOutAsync(EdgeSchemes.Session);
        if (tokens is not null)
        {
            try
            {
                await issuer.EndSessionAsync(tokens, CancellationToken.None);
            }
            catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
            {
                // The session here is gone whatever the issuer does; its own ends by itself.
                logs.CreateLogger(typeof(SignOut)).LogWarning("The issuer did not answer to a sign-out: {Error}", error.GetType().Name);
            }
        }

        return TypedResults.NoContent();
    }
}
