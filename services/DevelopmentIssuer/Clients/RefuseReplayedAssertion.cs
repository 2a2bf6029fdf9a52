using System.Globalization;
using System.Security.Claims;
using HealthDataNode.DevelopmentIssuer.Persistence;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Server.OpenIddictServerEvents;
using static OpenIddict.Server.OpenIddictServerHandlerFilters;
using static OpenIddict.Server.OpenIddictServerHandlers;

namespace HealthDataNode.DevelopmentIssuer.Clients;

/// <summary>
/// A client assertion (<c>private_key_jwt</c>) is good once and for a short time: OpenIddict by itself accepts the same
/// <c>jti</c> again, and one that is valid for a day (RFC 7523 §3; OpenID Connect Core §9).
/// </summary>
internal sealed class RefuseReplayedAssertion(IssuerDbContext database, TimeProvider time)
    : IOpenIddictServerHandler<ProcessAuthenticationContext>
{
    public static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(15);
    public static readonly TimeSpan LongestLifetime = TimeSpan.FromMinutes(2);

    public static OpenIddictServerHandlerDescriptor Descriptor { get; } =
        OpenIddictServerHandlerDescriptor
            .CreateBuilder<ProcessAuthenticationContext>()
            .AddFilter<RequireClientAssertionPrincipal>()
            .UseScopedHandler<RefuseReplayedAssertion>()
            .SetOrder(ValidateClientAssertionIssuer.Descriptor.Order + 500)
            .SetType(OpenIddictServerHandlerType.Custom)
            .Build();

    public async ValueTask HandleAsync(ProcessAuthenticationContext context)
    {
        var assertion = context.ClientAssertionPrincipal!;
        var client = assertion.GetClaim(OpenIddictConstants.Claims.Subject)!;
        var jti = assertion.GetClaim(OpenIddictConstants.Claims.JwtId);
        if (jti is null or { Length: 0 or > UsedAssertion.JtiLength })
        {
            Reject(context, $"The client assertion needs a jti of at most {UsedAssertion.JtiLength} characters.");
            return;
        }

        // OpenIddict takes its own clock skew of five minutes for assertions, whatever is set for tokens.
        var now = time.GetUtcNow();
        if (Date(assertion, OpenIddictConstants.Claims.ExpiresAt) is not { } expires || expires < now - ClockSkew)
        {
            Reject(context, "The client assertion has ended.");
            return;
        }

        if (expires > now + LongestLifetime + ClockSkew)
        {
            Reject(context, $"The client assertion may be valid for {LongestLifetime.TotalSeconds} seconds at most.");
            return;
        }

        if (
            Date(assertion, OpenIddictConstants.Claims.NotBefore) > now + ClockSkew
            || Date(assertion, OpenIddictConstants.Claims.IssuedAt) > now + ClockSkew
        )
        {
            Reject(context, "The client assertion is not valid yet.");
            return;
        }

        // One statement, so that of two at the same moment only one passes; kept until no clock accepts it any more.
        var kept = expires + 4 * ClockSkew;
        var inserted = await database.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO issuer.used_assertions (client_id, jti, expires_at) VALUES ({client}, {jti}, {kept})
            ON CONFLICT DO NOTHING
            """,
            context.CancellationToken
        );
        if (inserted == 0)
        {
            Reject(context, "The client assertion was used before: make a new one for each call.");
        }
    }

    private static DateTimeOffset? Date(ClaimsPrincipal assertion, string claim) =>
        double.TryParse(assertion.GetClaim(claim), CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < 1e11
            ? DateTimeOffset.FromUnixTimeSeconds((long)seconds)
            : null;

    private static void Reject(ProcessAuthenticationContext context, string description) =>
        context.Reject(OpenIddictConstants.Errors.InvalidClient, description);
}
