using System.Security.Cryptography;
using System.Text;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HealthDataNode.Edge;

/// <summary>
/// A cookie is sent by the browser whoever made the page; a header with a value from <c>GET /session</c> is not.
/// </summary>
internal static class Csrf
{
    public const string Header = "X-CSRF";

    public static bool IsValid(HttpContext context, AuthenticationProperties session) =>
        session.Items.TryGetValue(Identity.CsrfProperty, out var expected)
        && expected is { Length: > 0 }
        && CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(expected),
            Encoding.UTF8.GetBytes(context.Request.Headers[Header].ToString())
        );

    public static ProblemHttpResult Refuse() =>
        Problem.Forbidden(
            "csrf",
            "The anti-forgery header is missing or wrong",
            $"Read 'csrf' from GET /session and send it as the header {Header}."
        );
}
