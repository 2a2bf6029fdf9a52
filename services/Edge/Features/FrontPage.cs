using HealthDataNode.Edge.Page;

namespace HealthDataNode.Edge.Features;

/// <summary><c>GET /</c>: the node's front page, for anybody.</summary>
internal static class FrontPage
{
    public static void Map(IEndpointRouteBuilder endpoints) =>
        endpoints.MapMethods(PageView.Front, [HttpMethods.Get, HttpMethods.Head], HandleAsync).AllowAnonymous();

    private static async Task<IResult> HandleAsync(HttpContext context, PublicFacts facts, IConfiguration configuration, TimeProvider time)
    {
        var known = await facts.ReadAsync();
        return context.Page(language => new FrontPageView(language, known, time.GetUtcNow(), Dashboard(configuration))
        {
            SignInFailed = context.Request.Query["signin"] == "failed",
        });
    }

    private static string? Dashboard(IConfiguration configuration) =>
        Uri.TryCreate(configuration["Node:Dashboard"], UriKind.Absolute, out var address)
        && (address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeHttp)
            ? address.AbsoluteUri
            : null;
}
