using HealthDataNode.ReferenceSpe.Jobs;

namespace HealthDataNode.ReferenceSpe.Door;

/// <summary><c>GET /v1/workspaces/{lineage}/jobs/{id}</c>: how a job stands, and nothing that it read.</summary>
internal static class ReadJob
{
    public static void Map(IEndpointRouteBuilder room) =>
        room.MapGet("/jobs/{id}", Handle)
            .WithSummary("How a job stands")
            .Produces<JobView>()
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    private static IResult Handle(string lineage, string id, JobQueue jobs) =>
        jobs.Find(lineage, id) is { } job ? TypedResults.Ok(JobView.Of(job)) : RoomFilter.NotFound();
}

/// <summary>What is shown of a job.</summary>
/// <param name="Id">Its id.</param>
/// <param name="State">queued, running, done, failed or refused.</param>
/// <param name="Error">Why it failed or was refused.</param>
internal sealed record JobView(string Id, string State, JobErrorView? Error)
{
    public static JobView Of(Job job) => new(job.Id, job.State, job.Class is null ? null : new JobErrorView(job.Class, job.Position));
}

/// <summary>An error's class and position, never its text: a text can carry rows.</summary>
/// <param name="Class">One of a fixed list.</param>
/// <param name="Position">Characters before the place in the SQL, where the SQL alone decides it.</param>
internal sealed record JobErrorView(string Class, int? Position);
