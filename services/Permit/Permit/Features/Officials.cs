using System.Security.Claims;
using HealthDataNode.Permit.Domain;
using HealthDataNode.ServiceDefaults.Identity;

namespace HealthDataNode.Permit.Features;

/// <summary>Who acts for an authority. The role counts only within the claim <c>authority</c>.</summary>
internal static class Officials
{
    /// <summary>The roles of an authority's people.</summary>
    public static readonly string[] Roles = ["case-officer", "decision-maker", "ethics-committee"];

    /// <summary>Everybody who may read an application: its applicant, and officials.</summary>
    public static readonly string[] Readers = ["data-user", .. Roles];

    public static bool IsOfficial(this ClaimsPrincipal user) => Roles.Any(user.IsInRole) && user.Authority() is { Length: > 0 };

    public static Official ToOfficial(this ClaimsPrincipal user) => new(user.Sub(), user.Authority() ?? "");

    /// <summary>The approval of a kind, where the caller is who gives it: another authority's is none of the caller's business.</summary>
    public static Approval? ApprovalOf(this ClaimsPrincipal user, Application? application, string kind) =>
        application?.Approvals.SingleOrDefault(approval =>
            approval.Required.Kind == kind && approval.Required.Authority == user.Authority() && user.IsInRole(approval.Required.Role)
        );

    /// <summary>
    /// Whether the caller may read an application, and for which authority: null for the applicant, who sees everything
    /// but who handles it.
    /// </summary>
    public static bool MayRead(this ClaimsPrincipal user, Application application, out string? authority)
    {
        authority = user.IsOfficial() && application.Concerns(user.Authority()) ? user.Authority() : null;
        return authority is not null || application.Applicant.Sub == user.Sub();
    }
}
