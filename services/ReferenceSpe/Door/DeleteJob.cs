using HealthDataNode.Protocol.Problems;
using HealthDataNode.ReferenceSpe.Jobs;
using HealthDataNode.ReferenceSpe.State;
using HealthDataNode.ReferenceSpe.Workspaces;

namespace HealthDataNode.ReferenceSpe.Door;

/// <summary>
/// <c>DELETE /v1/workspaces/{lineage}/jobs/{id}</c>: deletes a job that has ended, with its result, and so makes room
/// for others. What was asked of it through the airlock and is checked lies elsewhere and stays.
/// </summary>
internal static class DeleteJob
{
    public static void Map(IEndpointRouteBuilder room) =>
        room.MapDelete("/jobs/{id}", Handle)
            .WithSummary("Delete a job that has ended, with its result")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    private static IResult Handle(string lineage, string id, HttpContext context, JobQueue jobs, WorkspaceFolders folders)
    {
        if (jobs.Find(lineage, id) is not { } job)
        {
            return RoomFilter.NotFound();
        }

        if (!job.HasEnded)
        {
            return ProtocolProblem
                .Of(
                    ProblemTypes.Prefix + "job-not-ended",
                    StatusCodes.Status409Conflict,
                    "The job has not ended",
                    "Wait until it is done, failed or refused, then delete it."
                )
                .ToResult();
        }

        // The folder first: killed between the two, the job can be deleted again.
        PrivateFolder.Delete(folders.Job(lineage, job.Id));
        jobs.Forget(job, context.User.FindFirst("sub")!.Value);
        return TypedResults.NoContent();
    }
}
