using HealthDataNode.ReferenceSpe.Identity;
using Microsoft.AspNetCore.Authentication;

namespace HealthDataNode.ReferenceSpe.Door;

/// <summary><c>POST /signout</c>, with <c>X-CSRF</c>: ends the session here and at the issuer.</summary>
internal static class SignOut
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/signout", HandleAsync)
            .AllowAnonymous()
            .WithTags("Door")
            .WithSummary("Ends the session here and at the issuer")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status403Forbidden);

    private static async Task<IResult> HandleAsync(HttpContext context, IssuerClient issuer, ILoggerFactory logs)
    {
        var session = await context.AuthenticateAsync(Schemes.Session);
        if (!session.Succeeded)
        {
            return TypedResults.NoContent();
        }

        if (await Csrf.RefusalAsync(context) is { } refusal)
        {
            return refusal;
        }

        await context.SignOutAsync(Schemes.Session);
        if (session.Properties.GetTokenValue("id_token") is { } idToken)
        {
            try
            {
                await issuer.EndSessionAsync(idToken, CancellationToken.None);
            }
            catch (Exception error) when (error is HttpRequestException or InvalidOperationException or OperationCanceledException)
            {
                // The session here is gone whatever the issuer does; its own ends by itself.
                logs.CreateLogger(typeof(SignOut)).LogWarning("The issuer did not answer to a sign-out: {Kind}", error.GetType().Name);
            }
        }

        return TypedResults.NoContent();
    }
}
