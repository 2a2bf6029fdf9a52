using HealthDataNode.Edge.Page;

namespace HealthDataNode.Edge.Features;

/// <summary><c>GET /privacy</c>: how it is kept private, for anybody.</summary>
internal static class PrivacyPage
{
    public static void Map(IEndpointRouteBuilder endpoints) =>
        endpoints
            .MapMethods(
                PageView.Privacy,
                [HttpMethods.Get, HttpMethods.Head],
                (HttpContext context) => context.Page(language => new PrivacyPageView(language))
            )
            .AllowAnonymous();
}
