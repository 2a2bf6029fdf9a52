using HealthDataNode.SpeRegistry.Criteria;
using HealthDataNode.SpeRegistry.Domain;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HealthDataNode.SpeRegistry.Features;

/// <summary>The criteria that a declaration answers.</summary>
public static class GetCriteria
{
    /// <summary>GET /v1/criteria.</summary>
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/criteria", Handle).AllowAnonymous().WithSummary("The 56 criteria of the self-declaration");

    private static Ok<CriteriaSet> Handle() => TypedResults.Ok(CriteriaFile.InForce);
}
