using HealthDataNode.Edge.Page;

namespace HealthDataNode.Edge.Features;

/// <summary><c>GET /permits/{lineage}</c>: one permit with everything that is public of it, for anybody.</summary>
internal static class PermitPage
{
    public static void Map(IEndpointRouteBuilder endpoints) =>
        endpoints.MapMethods("/permits/{lineage}", [HttpMethods.Get, HttpMethods.Head], HandleAsync).AllowAnonymous();

    private static async Task<IResult> HandleAsync(string lineage, HttpContext context, PublicFacts all, TimeProvider time)
    {
        var facts = await all.ReadAsync(lineage);
        var found = facts.Register?.FirstOrDefault(application => application.Permit?.Lineage == lineage);
        return found is null
            ? context.Page(
                language => new NoPermitView(language, lineage, away: facts.Register is null),
                facts.Register is null ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status404NotFound
            )
            : context.Page(language => new PermitPageView(
                language,
                new Journey(language, found, facts.Orders, facts.Releases),
                facts,
                time.GetUtcNow()
            ));
    }
}
