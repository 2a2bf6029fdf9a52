using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;

namespace HealthDataNode.ServiceDefaults.Identity;

/// <summary>Who may call an endpoint: a person in a role, or a machine that is a certain party.</summary>
public static class Capabilities
{
    /// <summary>The caller holds one of the roles.</summary>
    public static TBuilder ForRole<TBuilder>(this TBuilder endpoint, params string[] roles)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.RequireAuthorization(policy => policy.RequireAuthenticatedUser().RequireRole(roles));

    /// <summary>The caller is one of the parties (claim <c>party</c>, which only a machine client's token has).</summary>
    public static TBuilder ForParty<TBuilder>(this TBuilder endpoint, params string[] parties)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.RequireAuthorization(policy => policy.RequireAuthenticatedUser().RequireClaim("party", parties));

    /// <summary>The caller is a machine, whichever.</summary>
    public static TBuilder ForAnyParty<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder =>
        endpoint.RequireAuthorization(policy => policy.RequireAuthenticatedUser().RequireClaim("party"));

    /// <summary>The stable opaque id of the person or service account.</summary>
    public static string Sub(this ClaimsPrincipal user) => user.FindFirstValue("sub") ?? "";

    /// <summary>The party id of a machine, or null for a person.</summary>
    public static string? Party(this ClaimsPrincipal user) => user.FindFirstValue("party");

    /// <summary>The organisation number that the caller belongs to, or null.</summary>
    public static string? Org(this ClaimsPrincipal user) => user.FindFirstValue("org");

    /// <summary>The authority that an official acts for, or null.</summary>
    public static string? Authority(this ClaimsPrincipal user) => user.FindFirstValue("authority");
}
