using HealthDataNode.Protocol.Trust;
using HealthDataNode.ServiceDefaults.Problems;
using HealthDataNode.SpeRegistry.Persistence;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace HealthDataNode.SpeRegistry.Features;

/// <summary>The SPEs and where each stands now.</summary>
public static class GetEnvironments
{
    /// <param name="Environments">By party.</param>
    public sealed record Response(IReadOnlyList<EnvironmentView> Environments);

    /// <summary>GET /v1/environments and GET /v1/environments/{party}.</summary>
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/environments", HandleAll).AllowAnonymous().WithSummary("All secure processing environments");
        api.MapGet("/environments/{party}", HandleOne)
            .AllowAnonymous()
            .WithSummary("One secure processing environment")
            .ProducesProblem(404);
    }

    private static async Task<Ok<Response>> HandleAll(
        SpeRegistryDb db,
        TrustStore trust,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var rows = await db
            .Environments.AsNoTracking()
            .OrderBy(environment => environment.Party)
            .Select(environment => new
            {
                Environment = environment,
                IsDeclared = db.Declarations.Any(d => d.Party == environment.Party),
                Newest = db.Rulings.Where(r => r.Party == environment.Party).OrderByDescending(r => r.Number).FirstOrDefault(),
            })
            .ToListAsync(cancellationToken);
        var now = time.GetUtcNow();
        return TypedResults.Ok(
            new Response(rows.ConvertAll(row => EnvironmentView.Of(row.Environment, row.IsDeclared, row.Newest, trust, now)))
        );
    }

    private static async Task<Results<Ok<EnvironmentView>, ProblemHttpResult>> HandleOne(
        string party,
        SpeRegistryDb db,
        TrustStore trust,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        if (await db.Environments.AsNoTracking().SingleOrDefaultAsync(e => e.Party == party, cancellationToken) is not { } environment)
        {
            return Problem.NotFound("environment");
        }
        var isDeclared = await db.Declarations.AnyAsync(d => d.Party == party, cancellationToken);
        var newest = await db.NewestRulingAsync(party, cancellationToken);
        // The clock is read last: an approval that ended while we asked has ended.
        return TypedResults.Ok(EnvironmentView.Of(environment, isDeclared, newest, trust, time.GetUtcNow()));
    }
}
