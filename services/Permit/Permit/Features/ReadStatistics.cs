using HealthDataNode.Permit.Domain;
using HealthDataNode.Permit.Persistence;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;

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
        var rows = Statistics.InOrder(await database.StageDaysAsync(cancellationToken));
        return format == "csv"
            ? TypedResults.Text(Statistics.ToCsv(rows), "text/csv", System.Text.Encoding.UTF8)
            : TypedResults.Ok(new Response(time.GetUtcNow(), rows));
    }
}
