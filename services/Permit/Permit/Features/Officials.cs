using System.Security.Claims;
using HealthDataNode.Permit.Domain;
using HealthDataNode.ServiceDefaults.Identity;

namespace HealthDataNode.Permit.Features;

/// <summary>Who acts for an authority. The role counts only within the claim <c>authority</c>.</summary>
internal static class Officials
{
    public static bool IsOfficial(this ClaimsPrincipal user) =>
        (user.IsInRole("case-officer") || user.IsInRole("decision-maker")) && user.Authority() is { Length: > 0 };

    public static Official ToOfficial(this ClaimsPrincipal user) => new(user.Sub(), user.Authority() ?? "");
}
