using HealthDataNode.Edge.Page;
using Scalar.AspNetCore;

namespace HealthDataNode.Edge.Features;

/// <summary><c>GET /reference/{service}</c>: a service's API to read and to try, from its own OpenAPI document.</summary>
internal static class ApiReference
{
    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/reference", () => Results.Redirect(Address(NodeService.All[0].Id))).ExcludeFromDescription().AllowAnonymous();
        endpoints
            .MapScalarApiReference(
                "/reference",
                (options, context) =>
                {
                    var service = context.Request.RouteValues["documentName"] as string ?? NodeService.All[0].Id;
                    options
                        .WithTitle($"{service}: API")
                        .WithOpenApiRoutePattern(Document("{documentName}"))
                        .AddServer(new ScalarServer($"/{service}"))
                        .DisableDefaultFonts()
                        .DisableTelemetry()
                        .DisableAgent()
                        .DisableMcp()
                        .HideClientButton()
                        .HideDeveloperTools()
                        .WithNonce();
                }
            )
            .AddEndpointFilter(
                async (call, next) =>
                    call.HttpContext.Request.RouteValues["documentName"] is string named && !NodeService.All.Any(s => s.Id == named)
                        ? Results.NotFound()
                        : await next(call)
            )
            .AllowAnonymous();
    }

    public static string Address(string service) => $"/reference/{service}";

    public static string Document(string service) => $"/{service}/openapi/v1.json";
}
