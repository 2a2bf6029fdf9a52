using HealthDataNode.Edge.Page;
using Microsoft.Net.Http.Headers;

namespace HealthDataNode.Edge.Features;

/// <summary><c>GET /</c>: the node's front page, for anybody.</summary>
internal static class FrontPage
{
    public static void Map(IEndpointRouteBuilder endpoints) =>
        endpoints.MapMethods("/", [HttpMethods.Get, HttpMethods.Head], HandleAsync).AllowAnonymous();

    private static async Task<IResult> HandleAsync(HttpRequest request, PublicFacts facts, IConfiguration configuration)
    {
        var language = Language.Of(request);
        var headers = request.HttpContext.Response.Headers;
        headers.ContentLanguage = language.Code;
        headers.Vary = HeaderNames.AcceptLanguage;
        headers.CacheControl = "no-cache";
        var page = new FrontPageView(language, await facts.ReadAsync(), Dashboard(configuration))
        {
            SignInFailed = request.Query["signin"] == "failed",
        };
        return Results.Content(page.Write().ToString(), "text/html; charset=utf-8");
    }

    private static string? Dashboard(IConfiguration configuration) =>
        Uri.TryCreate(configuration["Node:Dashboard"], UriKind.Absolute, out var address)
        && (address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeHttp)
            ? address.AbsoluteUri
            : null;
}
