namespace HealthDataNode.Edge.Features;

/// <summary><c>GET /</c>: the node's front page, for anybody.</summary>
internal static class FrontPage
{
    public static void Map(IEndpointRouteBuilder endpoints) => endpoints.MapGet("/", Handle).AllowAnonymous();

    private static IResult Handle() =>
        Results.Content(
            """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>HealthDataNode</title></head>
            <body><main><h1>HealthDataNode</h1><p><a href="/signin?returnUrl=/">Sign in</a></p></main></body></html>
            """,
            "text/html; charset=utf-8"
        );
}
