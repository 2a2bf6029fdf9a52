using System.Text.Json;
using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Permit.Features;

/// <summary>Days by stage and authority, as JSON or CSV, for everybody.</summary>
public static class ReadStatistics
{
    /// <summary>The figures, and when they were computed.</summary>
    public sealed record Response(DateTimeOffset AsOf, IReadOnlyList<StageDays> Stages);

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/statistics", Handle)
            .AllowAnonymous()
            .WithName("ReadStatistics")
            .WithSummary("How long cases and approvals stayed in each stage (format=csv for text/csv)")
            .WithTags("Public");

    private static async Task<Results<Ok<Response>, ContentHttpResult, ProblemHttpResult>> Handle(
        PermitDb database,
        TimeProvider time,
        CancellationToken cancellationToken,
        string? format = null
    )
    {
        if (format is not (null or "json" or "csv"))
        {
            return Problem.Invalid(new Dictionary<string, string[]> { ["format"] = ["Choose json or csv."] });
        }
        var stages = await (
            from stage in database.Stages.AsNoTracking()
            join handled in database.Cases on stage.CaseId equals handled.Id
            select new
            {
                handled.Authority,
                stage.Stage,
                stage.FromAt,
                stage.ToAt,
            }
        ).ToListAsync(cancellationToken);
        var approvals = await database.Approvals.AsNoTracking().ToListAsync(cancellationToken);
        var rows = Statistics.Of(
            stages
                .Select(row => new Stay(
                    row.Authority,
                    JsonNamingPolicy.KebabCaseLower.ConvertName(row.Stage.ToString()),
                    row.FromAt,
                    row.ToAt
                ))
                .Concat(approvals.Select(row => new Stay(row.Authority, row.Kind, row.RequiredAt, row.DecidedAt ?? row.WithdrawnAt)))
        );
        return format == "csv"
            ? TypedResults.Text(Statistics.ToCsv(rows), "text/csv", System.Text.Encoding.UTF8)
            : TypedResults.Ok(new Response(time.GetUtcNow(), rows));
    }
}
