using System.Security.Claims;
using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Permit.Features;

/// <summary>The cases of the caller's authority.</summary>
public static class ReadCase
{
    private const int PageSize = 100;

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes
            .MapGet("/cases/{id:guid}", Handle)
            .ForRole("case-officer", "decision-maker")
            .WithName("ReadCase")
            .WithSummary("Read a case; its ETag is asked for at the decision")
            .WithTags("Cases");
        routes
            .MapGet("/cases", List)
            .ForRole("case-officer", "decision-maker")
            .WithName("ListCases")
            .WithSummary("List the cases of your authority")
            .WithTags("Cases");
    }

    private static async Task<Results<Ok<CaseView>, ProblemHttpResult>> Handle(
        Guid id,
        ClaimsPrincipal user,
        ApplicationStore store,
        HttpContext http,
        CancellationToken cancellationToken
    )
    {
        if (await store.LoadCaseAsync(id, user.Authority(), cancellationToken) is not { } application)
        {
            return Problem.NotFound("case");
        }
        var handled = application.CaseOf(user.Authority())!;
        http.SetTag(handled.Version);
        return TypedResults.Ok(CaseView.Of(application, handled, official: true));
    }

    private static async Task<Ok<Page<CaseSummary>>> List(
        ClaimsPrincipal user,
        PermitDb database,
        CancellationToken cancellationToken,
        CaseState? state = null,
        Guid? after = null
    )
    {
        var authority = user.Authority();
        var items = await (
            from handled in database.Cases.AsNoTracking()
            join application in database.Applications on handled.ApplicationId equals application.Id
            where handled.Authority == authority && (state == null || handled.State == state) && (after == null || handled.Id > after)
            orderby handled.Id
            select new CaseSummary(
                handled.Id,
                application.Id,
                handled.State,
                application.Title,
                application.ApplicantOrg,
                handled.OpenedAt,
                database
                    .Clocks.Where(clock => clock.CaseId == handled.Id && clock.Rule == "T03")
                    .Select(clock => clock.DueAt)
                    .FirstOrDefault()
            )
        )
            .Take(PageSize)
            .ToListAsync(cancellationToken);
        return TypedResults.Ok(new Page<CaseSummary>(items, items.Count == PageSize ? items[^1].Id.ToString() : null));
    }
}

/// <summary>A case in a list; <paramref name="DueAt"/> is null while the clock stands still.</summary>
public sealed record CaseSummary(
    Guid Id,
    Guid Application,
    CaseState State,
    string? Title,
    string Org,
    DateTimeOffset OpenedAt,
    DateTimeOffset? DueAt
);
