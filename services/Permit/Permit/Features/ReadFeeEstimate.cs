using System.Security.Claims;
using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HealthDataNode.Permit.Features;

/// <summary>
/// What the applicant is expected to pay, before anybody decides (EHDS 62(5)): one estimate of all authorities for the
/// applicant (FEE-005), the own lines for an authority's officials.
/// </summary>
public static class ReadFeeEstimate
{
    /// <summary>An estimate, excluding value added tax; amounts in whole units of the currency.</summary>
    public sealed record Response(string Currency, long Total, IReadOnlyList<FeeLine> Lines, string Rules, DateTimeOffset EstimatedAt);

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/applications/{id:guid}/fee-estimate", Handle)
            .ForRole(Officials.Readers)
            .WithName("ReadFeeEstimate")
            .WithSummary("The estimate of what an application will cost, by authority and rule")
            .WithTags("Applications");

    private static async Task<Results<Ok<Response>, ProblemHttpResult>> Handle(
        Guid id,
        ClaimsPrincipal user,
        ApplicationStore store,
        CancellationToken cancellationToken
    )
    {
        var application = await store.LoadAsync(id, cancellationToken);
        return application is not null && user.MayRead(application, out var authority) && application.Fee?.SeenBy(authority) is { } fee
            ? TypedResults.Ok(new Response(fee.Currency, fee.Total, fee.Lines, fee.Rules, fee.At))
            : Problem.NotFound("fee estimate");
    }
}
