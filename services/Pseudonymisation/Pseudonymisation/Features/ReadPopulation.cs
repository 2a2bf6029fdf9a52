using HealthDataNode.Pseudonymisation.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Pseudonymisation.Features;

/// <summary>Which batch the population register sends next: where it goes on after a fault.</summary>
internal static class ReadPopulation
{
    internal sealed record Response(int Next);

    public static void Map(IEndpointRouteBuilder feed) =>
        feed.MapGet("", HandleAsync)
            .ForRole("population-register")
            .Produces<Response>()
            .WithName("ReadPopulation")
            .WithSummary("Which batch comes next");

    private static async Task<IResult> HandleAsync(PseudonymisationDb database, CancellationToken cancellationToken) =>
        TypedResults.Ok(new Response((await database.PopulationBatches.MaxAsync(batch => (int?)batch.Batch, cancellationToken) ?? 0) + 1));
}
