using HealthDataNode.Pseudonymisation.Persistence;
using HealthDataNode.ServiceDefaults.Identity;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Pseudonymisation.Features;

/// <summary>
/// The signed record of a shredding (<c>shred+jwt</c>), which names every place that had the key. There is none before
/// the key is gone everywhere.
/// </summary>
internal static class ReadShredding
{
    public static void Map(IEndpointRouteBuilder lineages) =>
        lineages
            .MapGet("/shredding", HandleAsync)
            .ForParty("permit")
            .Produces<string>(200, "application/jose")
            .ProducesProblem(404)
            .WithName("ReadShredding")
            .WithSummary("The signed record of a shredding");

    private static async Task<IResult> HandleAsync(string lineage, PseudonymisationDb database, CancellationToken cancellationToken) =>
        await database
            .Lineages.Where(known => known.Id == lineage)
            .Select(known => known.ShredRecord)
            .SingleOrDefaultAsync(cancellationToken)
            is { } record
            ? TypedResults.Text(record, "application/jose")
            : Problem.NotFound("shredding");
}
