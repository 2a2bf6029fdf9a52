using HealthDataNode.Permit.Domain.Authorities;
using HealthDataNode.Permit.Domain.Fees;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HealthDataNode.Permit.Features;

/// <summary>The data behind the decisions, for everybody: who decides on what, and how fees are estimated (FEE-012).</summary>
public static class ReadRules
{
    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes
            .MapGet("/authorities", Ok<AuthorityRegister> (AuthorityRegister register) => TypedResults.Ok(register))
            .AllowAnonymous()
            .WithName("ReadAuthorities")
            .WithSummary("The register of authorities: source, legal basis, dates, approvals")
            .WithTags("Public");
        routes
            .MapGet("/fee-rules", Ok<FeeRules> (FeeRules rules) => TypedResults.Ok(rules))
            .AllowAnonymous()
            .WithName("ReadFeeRules")
            .WithSummary("The rules by which fees are estimated")
            .WithTags("Public");
    }
}
