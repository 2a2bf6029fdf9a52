using System.Text;
using HealthDataNode.Catalogue.Persistence;
using HealthDataNode.Catalogue.Rdf;
using HealthDataNode.ServiceDefaults.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.Catalogue.Features;

/// <summary>Descriptions as HealthDCAT-AP release 8 in Turtle: one, or the catalogue.</summary>
public static class GetTurtle
{
    private const string MediaType = "text/turtle";

    /// <summary>GET /v1/descriptions/{source}/turtle and GET /v1/catalogue.ttl.</summary>
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/descriptions/{source}/turtle", HandleOne)
            .AllowAnonymous()
            .WithSummary("A description as HealthDCAT-AP R8")
            .Produces<string>(200, MediaType)
            .ProducesProblem(404);
        api.MapGet("/catalogue.ttl", HandleAll)
            .AllowAnonymous()
            .WithSummary("The whole catalogue as HealthDCAT-AP R8")
            .Produces<string>(200, MediaType);
    }

    private static async Task<Results<ContentHttpResult, ProblemHttpResult>> HandleOne(
        string source,
        CatalogueDb db,
        HealthDcatAp profile,
        CancellationToken cancellationToken
    ) =>
        await db.Current.SingleOrDefaultAsync(d => d.Source == source, cancellationToken) is { } stored
            ? Turtle(profile.Write(stored.Read()))
            : Problem.NotFound("description");

    private static async Task<ContentHttpResult> HandleAll(CatalogueDb db, HealthDcatAp profile, CancellationToken cancellationToken)
    {
        var stored = await db.Current.OrderBy(d => d.Source).ToListAsync(cancellationToken);
        return Turtle(profile.Write(stored.ConvertAll(d => d.Read())));
    }

    private static ContentHttpResult Turtle(string text) => TypedResults.Text(text, MediaType, Encoding.UTF8);
}
