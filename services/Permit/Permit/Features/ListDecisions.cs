using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Persistence;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Permit.Features;

/// <summary>Every decision with its reasons, refusals too (EHDS 57(1)(j)(iii)); without persons.</summary>
public static class ListDecisions
{
    private const int PageSize = 100;

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/decisions", Handle)
            .AllowAnonymous()
            .WithName("ListDecisions")
            .WithSummary("Published decisions with their reasons")
            .WithTags("Public");

    private static async Task<Ok<Page<PublishedDecision>>> Handle(
        PermitDb database,
        CancellationToken cancellationToken,
        Guid? after = null
    )
    {
        var items = await (
            from handled in database.Cases.AsNoTracking()
            join application in database.Applications on handled.ApplicationId equals application.Id
            where handled.PublishedAt != null && (after == null || handled.Id > after)
            orderby handled.Id
            select new PublishedDecision(
                handled.Id,
                handled.Authority,
                application.Title!,
                application.ApplicantOrg,
                application.Purpose!,
                handled.Outcome!.Value,
                handled.Reasons!,
                handled.DecidedAt!.Value
            )
        )
            .Take(PageSize)
            .ToListAsync(cancellationToken);
        return TypedResults.Ok(new Page<PublishedDecision>(items, items.Count == PageSize ? items[^1].Case.ToString() : null));
    }
}

/// <summary>A decision as the public sees it.</summary>
public sealed record PublishedDecision(
    Guid Case,
    string Authority,
    string Title,
    string Organisation,
    string Purpose,
    Outcome Outcome,
    string Reasons,
    DateTimeOffset DecidedAt
);
