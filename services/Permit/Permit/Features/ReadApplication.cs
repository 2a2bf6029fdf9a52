using System.Security.Claims;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Permit.Features;

/// <summary>Reading applications: the applicant its own, officials those before their authority.</summary>
public static class ReadApplication
{
    private const int PageSize = 100;

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes
            .MapGet("/applications/{id:guid}", Handle)
            .ForRole(Officials.Readers)
            .WithName("ReadApplication")
            .WithSummary("Read an application, its cases, clocks, approvals and permit")
            .WithTags("Applications");
        routes
            .MapGet("/applications", List)
            .ForRole(Officials.Readers)
            .WithName("ListApplications")
            .WithSummary("List your applications, or those before your authority")
            .WithTags("Applications");
    }

    private static async Task<Results<Ok<ApplicationView>, ProblemHttpResult>> Handle(
        Guid id,
        ClaimsPrincipal user,
        ApplicationStore store,
        HttpContext http,
        CancellationToken cancellationToken
    )
    {
        var application = await store.LoadAsync(id, cancellationToken);
        if (application is null || !user.MayRead(application, out var authority))
        {
            return Problem.NotFound("application");
        }
        http.SetTag(application.Version);
        return TypedResults.Ok(ApplicationView.Of(application, authority));
    }

    private static async Task<Ok<Page<ApplicationSummary>>> List(
        ClaimsPrincipal user,
        PermitDb database,
        CancellationToken cancellationToken,
        Guid? after = null
    )
    {
        var (sub, authority) = (user.Sub(), user.IsOfficial() ? user.Authority() : null);
        var items = await database
            .Applications.AsNoTracking()
            .Where(row =>
                row.ApplicantSub == sub
                || (
                    authority != null
                    && (
                        database.Cases.Any(c => c.ApplicationId == row.Id && c.Authority == authority)
                        || database.Approvals.Any(a => a.ApplicationId == row.Id && a.Authority == authority)
                    )
                )
            )
            .Where(row => after == null || row.Id > after)
            .OrderBy(row => row.Id)
            .Take(PageSize)
            .Select(row => new ApplicationSummary(
                row.Id,
                row.Version,
                row.State,
                row.Title,
                row.Purpose,
                row.ApplicantOrg,
                row.DraftedAt,
                row.SubmittedAt
            ))
            .ToListAsync(cancellationToken);
        return TypedResults.Ok(new Page<ApplicationSummary>(items, items.Count == PageSize ? items[^1].Id.ToString() : null));
    }
}
