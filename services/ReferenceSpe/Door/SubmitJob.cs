using System.Diagnostics;
using HealthDataNode.Protocol.Problems;
using HealthDataNode.ReferenceSpe.Ingress;
using HealthDataNode.ReferenceSpe.Jobs;

namespace HealthDataNode.ReferenceSpe.Door;

/// <summary>
/// <c>POST /v1/workspaces/{lineage}/jobs</c>: one SELECT to be run in the room. The same <c>Idempotency-Key</c> again
/// gives the same job.
/// </summary>
internal static class SubmitJob
{
    private const int LongestSql = 32 * 1024;
    private const int LongestKey = 200;

    internal sealed record Request(string Sql);

    public static void Map(IEndpointRouteBuilder room) =>
        room.MapPost("/jobs", Handle)
            .WithSummary("Submit one SELECT to be run in the room; its result stays there")
            .Produces<JobView>(StatusCodes.Status202Accepted)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status429TooManyRequests)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    private static IResult Handle(string lineage, Request request, HttpContext context, JobQueue jobs, Deliveries deliveries)
    {
        if (
            string.IsNullOrWhiteSpace(request.Sql)
            || request.Sql.Length > LongestSql
            || request.Sql.Contains('\0', StringComparison.Ordinal)
        )
        {
            return Wrong("sql", $"Send one SELECT of at most {LongestSql} characters.");
        }

        var key = context.Request.Headers["Idempotency-Key"].ToString();
        if (key.Length > LongestKey)
        {
            return Wrong("Idempotency-Key", $"Send at most {LongestKey} characters.");
        }

        if (deliveries.SourcesOf(lineage).Count == 0)
        {
            return RoomFilter.NotFound();
        }

        var sub = context.User.FindFirst("sub")!.Value;
        var (outcome, job) = jobs.Submit(lineage, sub, request.Sql, key.Length == 0 ? null : key, Activity.Current?.Id);
        return outcome switch
        {
            SubmitOutcome.Taken => TypedResults.Accepted($"/v1/workspaces/{lineage}/jobs/{job!.Id}", JobView.Of(job)),
            SubmitOutcome.OtherSql => ProtocolProblem
                .Of(
                    ProblemTypes.IdempotencyConflict,
                    StatusCodes.Status409Conflict,
                    "This Idempotency-Key was used with other SQL",
                    "Take a new key for another job."
                )
                .ToResult(),
            _ => ProtocolProblem
                .Of(
                    ProblemTypes.Prefix + "too-many-jobs",
                    StatusCodes.Status429TooManyRequests,
                    "The room has as many jobs as it may have",
                    $"At most {JobQueue.MostWaiting} may wait and run, and {JobQueue.MostKept} are kept. Wait until one ends, or DELETE one that has."
                )
                .ToResult(),
        };
    }

    private static IResult Wrong(string field, string what) =>
        (
            ProtocolProblem.Of(ProblemTypes.Invalid, StatusCodes.Status400BadRequest, "The job was not taken", "See errors.") with
            {
                Errors = new Dictionary<string, string[]> { [field] = [what] },
            }
        ).ToResult();
}
