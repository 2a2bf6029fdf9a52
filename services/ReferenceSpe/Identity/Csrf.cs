using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using HealthDataNode.Protocol.Problems;
using Microsoft.AspNetCore.Authentication;

namespace HealthDataNode.ReferenceSpe.Identity;

/// <summary>
/// A cookie is sent by the browser whoever made the page; a header with a value from <c>GET /session</c> is not.
/// </summary>
internal static class Csrf
{
    public const string Header = "X-CSRF";
    private const string Property = "csrf";

    public static void Begin(AuthenticationProperties session) =>
        session.Items[Property] = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    public static string? Of(AuthenticationProperties session) => session.Items.TryGetValue(Property, out var value) ? value : null;

    /// <summary>Refuses what changes something and lacks the header.</summary>
    public static async ValueTask<object?> FilterAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        !HttpMethods.IsGet(context.HttpContext.Request.Method) && await RefusalAsync(context.HttpContext) is { } forged
            ? forged
            : await next(context);

    /// <summary>Null to go on.</summary>
    public static async Task<IResult?> RefusalAsync(HttpContext context)
    {
        var session = await context.AuthenticateAsync(Schemes.Session);
        return
            session.Succeeded
            && Of(session.Properties) is { Length: > 0 } expected
            && CryptographicOperations.FixedTimeEquals(
                Encoding.UTF8.GetBytes(expected),
                Encoding.UTF8.GetBytes(context.Request.Headers[Header].ToString())
            )
            ? null
            : ProtocolProblem
                .Of(
                    ProblemTypes.Prefix + "csrf",
                    StatusCodes.Status403Forbidden,
                    "The anti-forgery header is missing or wrong",
                    $"Read 'csrf' from GET /session and send it as the header {Header}."
                )
                .ToResult();
    }
}
